#pragma once

// The smallest of some records, while any of them comes and goes: a leftist heap whose links lie in
// the records. Coming and going take steps logarithmic in their number, and no memory.

#include <cstdint>
#include <utility>

namespace usher {

template <class SlotOfT>
struct HeapLinks {
  SlotOfT parent;
  SlotOfT left;
  SlotOfT right;
  std::uint32_t depth = 0;  // of the way right, which is never longer than the one left; 0 = out
};

// A view of one heap: its top, where the links of a record are, which of two goes before the other.
template <class SlotOfT, class LinksOf, class Before>
class LinkedHeap {
 public:
  LinkedHeap(SlotOfT& top, LinksOf links_of, Before before)
      : top_(top), links_of_(links_of), before_(before) {}

  // Requires: it is in no heap.
  void insert(SlotOfT slot) {
    links_of_(slot).depth = 1;
    top_ = meld(top_, slot);
  }
  // Requires: it is in this one.
  void erase(SlotOfT slot) {
    const HeapLinks<SlotOfT> left_behind = std::exchange(links_of_(slot), {});
    const SlotOfT heir = meld(left_behind.left, left_behind.right);
    if (heir) links_of_(heir).parent = left_behind.parent;
    if (!left_behind.parent) {
      top_ = heir;
      return;
    }
    HeapLinks<SlotOfT>& parent = links_of_(left_behind.parent);
    (parent.left == slot ? parent.left : parent.right) = heir;
    SlotOfT at = left_behind.parent;
    while (at && lean(links_of_(at))) at = links_of_(at).parent;
  }

 private:
  SlotOfT meld(SlotOfT a, SlotOfT b) {
    if (!a || !b) return a ? a : b;
    if (before_(b, a)) std::swap(a, b);
    HeapLinks<SlotOfT>& links = links_of_(a);
    links.right = meld(links.right, b);
    links_of_(links.right).parent = a;
    lean(links);
    return a;
  }
  // Puts the longer way left. Whether its depth changed by that.
  bool lean(HeapLinks<SlotOfT>& links) {
    const auto depth_of = [&](SlotOfT slot) { return slot ? links_of_(slot).depth : 0; };
    if (depth_of(links.left) < depth_of(links.right)) std::swap(links.left, links.right);
    const std::uint32_t before = std::exchange(links.depth, 1 + depth_of(links.right));
    return links.depth != before;
  }

  SlotOfT& top_;
  LinksOf links_of_;
  Before before_;
};

}  // namespace usher

#pragma once

// What a thread of its own reads, a little ahead of whoever uses it.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace usher {

// Hands on batches in order. Used by the thread that made it, and by its own.
template <class T>
class ReadAhead {
 public:
  using Batch = std::vector<T>;
  static constexpr std::size_t batches_max = 4;

  // `read` is run by the other thread, which ends with it.
  explicit ReadAhead(std::function<void(ReadAhead&)> read)
      : thread_([this, read = std::move(read)] {
          read(*this);
          const std::lock_guard lock(mutex_);
          ended_ = true;
          changed_.notify_one();
        }) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      unwanted_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }

  // For `read`: takes the batch and leaves it empty, with the storage of one that was used. Waits
  // while batches_max are not taken. False when no more is wanted.
  bool put(Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return unwanted_ || read_.size() < batches_max; });
    if (unwanted_) return false;
    read_.push_back(std::move(batch));
    batch = std::exchange(spare_, {});
    changed_.notify_one();
    lock.unlock();
    batch.clear();
    return true;
  }

  // For the other side: changes a batch that was used for the next one. Waits for it; false when
  // there is none any more.
  bool take(Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || !read_.empty(); });
    if (read_.empty()) return false;
    spare_ = std::exchange(batch, std::move(read_.front()));
    read_.pop_front();
    changed_.notify_one();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> read_;
  Batch spare_;
  bool ended_ = false;
  bool unwanted_ = false;
  std::thread thread_;  // the last: it uses the others
};

}  // namespace usher

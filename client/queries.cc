#include "client/queries.h"

#include "client/decode.h"
#include "client/encode.h"
#include "client/socket.h"

namespace usher::client {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

// A question is asked again when its connection may have died under it; the answer is the same.
constexpr milliseconds ask_again{1'000};
// A snapshot that was dropped by usherd between two chunks is begun anew so many times.
constexpr int snapshot_attempts = 3;

}  // namespace

struct Queries::Impl {
  explicit Impl(QueryOptions given)
      : options(std::move(given)),
        own_context(options.context == nullptr ? std::make_unique<Context>() : nullptr),
        socket(own_context ? *own_context : *options.context, readiness,
               {.kind = Socket::Kind::dealer, .endpoint = options.endpoint, .topic = {}}) {
    is_open = socket.open();
  }

  using Answered = decltype(QueryAnswer::found);

  // `encode` makes the question's frame from its ticket.
  template <class Encode>
  Answered ask(Encode encode);
  template <class T, class Encode>
  Found<T> ask_for(Encode encode);
  [[nodiscard]] Failure no_answer() const;

  QueryOptions options;
  std::unique_ptr<Context> own_context;
  Readiness readiness;
  Socket socket;
  Encoder encoder;
  Decoder decoder;
  std::uint64_t tickets = 0;
  bool is_open = false;
};

Failure Queries::Impl::no_answer() const {
  if (!is_open) return {.kind = Failure::Kind::no_server, .text = socket.problem()};
  return {.kind = Failure::Kind::no_server,
          .text = "no answer from usherd at " + options.endpoint + " within " +
                  std::to_string(options.deadline.count()) + " ms"};
}

template <class Encode>
Queries::Impl::Answered Queries::Impl::ask(Encode encode) {
  if (!is_open) return no_answer();
  const std::uint64_t ticket = ++tickets;
  const auto deadline = Clock::now() + options.deadline;
  auto ask_at = Clock::now();
  while (true) {
    auto now = Clock::now();
    if (now >= ask_at && socket.send(encode(ticket))) ask_at = now + ask_again;
    std::span<const std::uint8_t> bytes;
    while (socket.receive(bytes)) {
      auto answer = decoder.query_answer(bytes);
      // Late answers to questions that were given up have other tickets.
      if (answer.ticket == ticket) return std::move(answer.found);
    }
    now = Clock::now();
    if (now >= deadline) return no_answer();
    // An unsent question goes out when the connection is there, which makes the socket ready.
    auto until = deadline;
    if (ask_at > now) until = std::min(until, ask_at);
    const auto ready = socket.ready();
    readiness.set_pending(ready.readable || (ask_at <= now && ready.writable));
    const auto left = std::chrono::ceil<milliseconds>(until - now).count();
    wait_readable(readiness.fd(), static_cast<int>(left));
  }
}

template <class T, class Encode>
Found<T> Queries::Impl::ask_for(Encode encode) {
  auto answered = ask(encode);
  if (auto* found = std::get_if<T>(&answered)) return std::move(*found);
  if (auto* failure = std::get_if<Failure>(&answered)) return std::move(*failure);
  return Failure{.kind = Failure::Kind::malformed,
                 .text = "usherd at " + options.endpoint + " gave an answer of another kind"};
}

Queries::Queries(QueryOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Queries::~Queries() = default;
Queries::Queries(Queries&&) noexcept = default;
Queries& Queries::operator=(Queries&&) noexcept = default;

Found<Status> Queries::status() {
  return impl_->ask_for<Status>([this](std::uint64_t ticket) {
    return impl_->encoder.ask_status(impl_->options.pool, ticket);
  });
}

Found<Snapshot> Queries::snapshot() {
  Found<SnapshotPart> found = SnapshotPart{};
  for (int attempt = 0; attempt < snapshot_attempts; ++attempt) {
    SnapshotPart whole;
    bool is_first = true;
    do {
      found = impl_->ask_for<SnapshotPart>([&](std::uint64_t ticket) {
        return impl_->encoder.ask_snapshot(impl_->options.pool, ticket, whole.cursor);
      });
      auto* part = std::get_if<SnapshotPart>(&found);
      if (part == nullptr || !extend(whole, std::move(*part), is_first)) break;
      is_first = false;
      if (whole.cursor == 0) return std::move(whole.snapshot);
    } while (true);
    if (const auto* failure = std::get_if<Failure>(&found)) {
      if (failure->kind != Failure::Kind::refused) break;
    }
  }
  if (auto* failure = std::get_if<Failure>(&found)) return std::move(*failure);
  return Failure{.kind = Failure::Kind::malformed,
                 .text = "usherd at " + impl_->options.endpoint + " mixed two snapshots"};
}

Found<Conversation> Queries::conversation(Id id) {
  return impl_->ask_for<Conversation>([&](std::uint64_t ticket) {
    return impl_->encoder.ask_conversation(impl_->options.pool, ticket, id);
  });
}

Found<Agent> Queries::agent(Id id) {
  return impl_->ask_for<Agent>([&](std::uint64_t ticket) {
    return impl_->encoder.ask_agent(impl_->options.pool, ticket, id);
  });
}

Found<Estimate> Queries::estimate(const EstimateRequest& request) {
  return impl_->ask_for<Estimate>([&](std::uint64_t ticket) {
    return impl_->encoder.ask_estimate(impl_->options.pool, ticket, request);
  });
}

Found<Replay> Queries::replay(const ReplayRequest& request) {
  return impl_->ask_for<Replay>([&](std::uint64_t ticket) {
    return impl_->encoder.ask_replay(impl_->options.pool, ticket, request);
  });
}

Found<Why> Queries::why(Id conversation, std::uint64_t sequence) {
  return impl_->ask_for<Why>([&](std::uint64_t ticket) {
    return impl_->encoder.ask_why(impl_->options.pool, ticket, conversation, sequence);
  });
}

Found<Explained> Queries::explain(Id conversation, std::uint64_t sequence) {
  const auto ask = [&](std::size_t from) {
    return impl_->ask_for<Explained>([&](std::uint64_t ticket) {
      return impl_->encoder.ask_explain(impl_->options.pool, ticket, conversation, sequence, from);
    });
  };
  Found<Explained> found = ask(0);
  auto* whole = std::get_if<Explained>(&found);
  if (whole == nullptr) return found;
  conversation = whole->conversation;
  sequence = whole->sequence;
  std::size_t count = 0;
  for (const VerdictCount& of : whole->counts) count += of.count;
  while (whole->candidates.size() < count) {
    Found<Explained> more = ask(whole->candidates.size());
    auto* part = std::get_if<Explained>(&more);
    if (part == nullptr) return more;
    if (part->sequence != sequence || part->candidates.empty()) {
      return Failure{.kind = Failure::Kind::malformed,
                     .text = "usherd at " + impl_->options.endpoint + " mixed two explanations"};
    }
    std::move(part->candidates.begin(), part->candidates.end(),
              std::back_inserter(whole->candidates));
  }
  return found;
}

Found<Dictionary> Queries::dictionary() {
  return impl_->ask_for<Dictionary>([this](std::uint64_t ticket) {
    return impl_->encoder.ask_dictionary(impl_->options.pool, ticket);
  });
}

}  // namespace usher::client

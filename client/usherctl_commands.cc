#include "client/usherctl_commands.h"

namespace usher::client {
namespace {

using Field = wire::UpdateField;

std::uint16_t bit(Field field) { return static_cast<std::uint16_t>(field); }

Command build_open(Reader& read, const Arguments& given) {
  return Open{.conversation = read.needed_id(given.conversation, "conversation"),
              .customer = read.id(given.customer),
              .channel = read.name(NameKind::channel, given.channel),
              .category = read.name(NameKind::category, given.category),
              .impact = read.name(NameKind::impact, given.impact),
              .tier = read.name(NameKind::tier, given.tier),
              .language = read.name(NameKind::skill, given.language, "language"),
              .age_ms = read.duration_ms("--age", given.age, 0, age_ms_max),
              .not_before_ms = read.duration_ms("--in", given.not_before, 0, delay_ms_max),
              .required = read.skills(given.required),
              .preferred = read.skills(given.preferred),
              .preferred_agent = read.id(given.agent),
              .excluded = read.ids(given.excluded),
              .test = given.test};
}

// Only what was given counts; "none" empties a field.
Command build_update(Reader& read, const Arguments& given) {
  Update update{.conversation = read.needed_id(given.conversation, "conversation")};
  const auto counts = [&](const auto& value, Field field) {
    if (!value.empty()) update.fields = static_cast<std::uint16_t>(update.fields | bit(field));
  };
  counts(given.category, Field::category);
  counts(given.impact, Field::impact);
  counts(given.tier, Field::tier);
  counts(given.language, Field::language);
  counts(given.required, Field::required);
  counts(given.preferred, Field::preferred);
  counts(given.agent, Field::preferred_agent);
  counts(given.excluded, Field::excluded);
  counts(given.customer, Field::customer);
  if (update.fields == 0) read.complain("update must say what changes, for example --category");
  update.category = read.name(NameKind::category, given.category);
  update.impact = read.name(NameKind::impact, given.impact);
  update.tier = read.name(NameKind::tier, given.tier);
  update.language = read.name(NameKind::skill, given.language, "language");
  update.required = read.skills(given.required);
  update.preferred = read.skills(given.preferred);
  update.preferred_agent = read.id(given.agent);
  update.excluded = read.ids(given.excluded);
  update.customer = read.id(given.customer);
  update.reason = read.name(NameKind::reason, given.reason);
  return update;
}

Command build_close(Reader& read, const Arguments& given) {
  return Close{.conversation = read.needed_id(given.conversation, "conversation"),
               .agent = read.id(given.agent),
               .epoch = given.epoch,
               .outcome = read.outcome(given.outcome)};
}

Command build_transfer(Reader& read, const Arguments& given) {
  if (given.to_class.empty() == given.to_agent.empty()) {
    read.complain("transfer must go either --to-class or --to-agent");
  }
  return Transfer{.conversation = read.needed_id(given.conversation, "conversation"),
                  .epoch = given.epoch,
                  .to_class = read.name(NameKind::service_class, given.to_class),
                  .to_agent = read.id(given.to_agent),
                  .reason = read.name(NameKind::reason, given.reason)};
}

Command build_rate(Reader& read, const Arguments& given) {
  return Rate{.conversation = read.needed_id(given.conversation, "conversation"),
              .score = static_cast<std::uint8_t>(given.score)};
}

Command build_sign_in(Reader& read, const Arguments& given) {
  return SignIn{.agent = read.needed_id(given.agent, "agent"),
                .presence = given.away ? Presence::away : Presence::available,
                .channels = read.channels(given.channels)};
}

Command build_presence(Reader& read, const Arguments& given) {
  return SetPresence{.agent = read.needed_id(given.agent, "agent"),
                     .presence = read.presence(given.presence),
                     .reason = read.name(NameKind::reason, given.reason)};
}

// What an agent does with a conversation: every field that such a command has.
template <class Body>
Command build_work(Reader& read, const Arguments& given) {
  Body body;
  body.conversation = read.needed_id(given.conversation, "conversation");
  if constexpr (requires { body.agent; }) body.agent = read.needed_id(given.agent, "agent");
  if constexpr (requires { body.epoch; }) body.epoch = given.epoch;
  if constexpr (requires { body.for_ms; }) {
    body.for_ms = read.duration_ms("the time of a hold", given.duration, 1, delay_ms_max);
  }
  if constexpr (requires { body.by_ms; }) {
    body.by_ms =
        read.duration_ms("the time of an extension", given.duration, 1, wrap_up_extension_ms_max);
  }
  if constexpr (requires { body.reason; }) {
    body.reason = read.name(NameKind::reason, given.reason);
  }
  return body;
}

template <class Body>
Command build_agent(Reader& read, const Arguments& given) {
  return Body{.agent = read.needed_id(given.agent, "agent")};
}

template <ScopeState state>
Command build_scope(Reader& read, const Arguments& given) {
  return read.scope(given.scope, state);
}

Command build_move(Reader& read, const Arguments& given) {
  return MoveAll{.from_class = read.name(NameKind::service_class, given.from_class),
                 .to_class = read.name(NameKind::service_class, given.to_class),
                 .count_max = given.count_max};
}

Command build_mode(Reader& read, const Arguments& given) {
  // The pool's own rules have no name in the configuration.
  const std::string mode = given.mode == "normal" ? "none" : given.mode;
  return SetMode{.mode = read.name(NameKind::mode, mode),
                 .for_ms = read.duration_ms("--for", given.duration, 1, delay_ms_max)};
}

constexpr std::string_view sign_in_help =
    "Sign an agent of the roster in. The sign-in lives as long as its desk is heard: after a "
    "one-shot sign-in nobody is, and the agent counts as lost when the lease is over (30 s), and "
    "is signed off after the grace (90 s). `usherctl desk AGENT` signs in and keeps the lease.";

}  // namespace

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> rows = {
      {"open",
       "Open a conversation, as a front-end does.",
       {"conversation!", "--channel!", "--category", "--impact", "--tier", "--language",
        "--customer", "--age", "--in", "--require", "--prefer", "--agent", "--exclude", "--test"},
       build_open},
      {"update",
       "Change what a conversation is; \"none\" empties a field.",
       {"conversation!", "--category", "--impact", "--tier", "--language", "--customer",
        "--require", "--prefer", "--agent", "--exclude", "--reason"},
       build_update},
      {"customer-wrote", "The customer wrote.", {"conversation!"}, build_work<CustomerWrote>},
      {"abandon", "The customer has left.", {"conversation!"}, build_work<Abandon>},
      {"close",
       "Close a conversation; with --agent as that agent, else as front-end or operator.",
       {"conversation!", "--outcome", "--agent", "--epoch"},
       build_close},
      {"transfer",
       "Transfer a conversation to a class or to an agent.",
       {"conversation!", "--to-class", "--to-agent", "--reason", "--epoch"},
       build_transfer},
      {"escalate",
       "Escalate a conversation to the next level.",
       {"conversation!", "--reason", "--epoch"},
       build_work<Escalate>},
      {"reopen", "Open a closed conversation again.", {"conversation!"}, build_work<Reopen>},
      {"rate",
       "The customer rates a conversation, 1 to 5.",
       {"conversation!", "score!"},
       build_rate},
      {"sign-in", sign_in_help, {"agent!", "--away", "--on"}, build_sign_in},
      {"presence",
       "Say how present an agent is: available, away, draining or offline.",
       {"agent!", "presence!", "--reason"},
       build_presence},
      {"sign-off",
       "Sign an agent off; open work goes back to its place.",
       {"agent!"},
       build_agent<SignOff>},
      {"accept",
       "An agent accepts an offer.",
       {"conversation!", "agent!", "--epoch"},
       build_work<Accept>},
      {"reject",
       "An agent rejects an offer.",
       {"conversation!", "agent!", "--reason", "--epoch"},
       build_work<Reject>},
      {"pick",
       "An agent takes a waiting conversation by hand.",
       {"conversation!", "agent!", "--epoch"},
       build_work<Pick>},
      {"replied",
       "An agent has replied to the customer.",
       {"conversation!", "agent!", "--epoch"},
       build_work<Replied>},
      {"hold",
       "An agent puts a conversation on hold, until the customer writes or for a time.",
       {"conversation!", "agent!", "--for", "--epoch"},
       build_work<Hold>},
      {"resume",
       "An agent takes a held conversation up again.",
       {"conversation!", "agent!", "--epoch"},
       build_work<Resume>},
      {"release",
       "An agent gives a conversation back to its class.",
       {"conversation!", "agent!", "--reason", "--epoch"},
       build_work<Release>},
      {"finish",
       "An agent has finished the wrap-up.",
       {"conversation!", "agent!"},
       build_work<FinishWrapUp>},
      {"extend",
       "An agent needs longer for the wrap-up.",
       {"conversation!", "agent!", "duration!"},
       build_work<ExtendWrapUp>},
      {"pause",
       "No work at all for a scope: pool, class:NAME, group:NAME or agent:ID.",
       {"scope!"},
       build_scope<ScopeState::paused>},
      {"drain",
       "No new work for a scope: pool, class:NAME, group:NAME or agent:ID.",
       {"scope!"},
       build_scope<ScopeState::draining>},
      {"unpause",
       "Work as usual for a scope: pool, class:NAME, group:NAME or agent:ID.",
       {"scope!"},
       build_scope<ScopeState::open>},
      {"move", "Move what waits in one class to another.", {"from!", "to!", "--max"}, build_move},
      {"mode",
       "Put a mode of the configuration in force; \"normal\" ends it.",
       {"mode!", "--for"},
       build_mode},
  };
  return rows;
}

}  // namespace usher::client

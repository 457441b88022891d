#include "workflow/parse_undo.h"

#include <fmt/format.h>

#include "workflow/parse_call.h"
#include "workflow/parse_exec.h"

namespace aright::workflow {

void parse_undo(const yaml::Node& node, Step& step, const DefinitionContext& context, Diagnostics& out) {
  const yaml::Node* undo = node.find("undo");
  if (undo == nullptr || !step.is_errand()) return;
  const auto error = [&](const Position& at, std::string message, std::string hint) {
    out.push_back({Severity::error, at, std::move(message), std::move(hint)});
  };
  const std::string hint = "undo: { exec: [/usr/sbin/nft, delete, …] }, or `undo: none` where it changes nothing";
  if (undo->kind == yaml::Node::Kind::scalar && undo->scalar == "none") {
    step.nothing_to_undo = true;
    return;
  }
  const bool call = undo->find("call") != nullptr;
  if (undo->kind != yaml::Node::Kind::map || call == (undo->find("exec") != nullptr)) {
    return error(undo->at, fmt::format("`undo` is a program, a call or `none`, not {}", undo->describe()), hint);
  }
  bool good = true;
  for (const char* key : {"undo", "when", "name", "for_each", "at_most", "output", "retry"}) {
    const yaml::Node* no = undo->find(key);
    if (no == nullptr) continue;
    good = false;
    error(no->at, fmt::format("`undo` has no `{}`", key), "it is one request, with `expect` and `confirm`");
  }
  if (!good) return;
  const cel::Environment names = undo_environment(step.arm && step.arm->item);
  auto made = call ? parse_call(*undo, context, out, names) : parse_exec(*undo, context, out, names);
  if (!made) return;
  if (call) {
    step.undo = *made->call();
  } else {
    step.undo = *made->exec();
  }
}

}  // namespace aright::workflow

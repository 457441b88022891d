// `aright audit`: the log checked, and single entries proved.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "audit/key.h"
#include "cli/session.h"

namespace aright::cli {

/// The verbs verify, prove, verify-proof, consistency, export and evidence. Keeps a reference to `session` and is
/// referred to by the app: both must outlive parsing.
class AuditCommands {
 public:
  explicit AuditCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  void add_evidence(CLI::App& audit, const std::function<void(int)>& end);
  [[nodiscard]] int verify() const;
  [[nodiscard]] int prove() const;
  [[nodiscard]] int check_proofs() const;
  [[nodiscard]] int check_proof(const std::string& file, const audit::VerifyKey& key) const;
  [[nodiscard]] int consistency() const;
  [[nodiscard]] int export_entries() const;
  [[nodiscard]] int evidence() const;
  [[nodiscard]] Result<Json> collect() const;
  [[nodiscard]] std::string key_file() const { return key_.empty() ? session_.state + "/signing.pub" : key_; }
  [[nodiscard]] std::string database() const;

  Session& session_;
  std::string database_, key_, checkpoint_, witness_, seq_, older_, newer_, first_, last_, run_, control_, since_, out_;
  std::vector<std::string> proofs_;
};

}  // namespace aright::cli

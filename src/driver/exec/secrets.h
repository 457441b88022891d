// What a program is told of secrets, and what it says of them.
#pragma once

#include "driver/secret_keeper.h"
#include "model/program.h"

namespace aright::driver {

/// A request with its secrets in their places; overwritten when it goes.
struct ToldRequest {
  explicit ToldRequest(ProgramRequest told) : request(std::move(told)) {}
  ToldRequest(ToldRequest&&) = default;
  ToldRequest& operator=(ToldRequest&&) = default;
  ToldRequest(const ToldRequest&) = delete;
  ToldRequest& operator=(const ToldRequest&) = delete;
  ~ToldRequest() {
    wipe(request.input);
    for (auto& [name, value] : request.environment) wipe(value);
  }
  ProgramRequest request;
  Redactor handed;  ///< knows its secrets
};

/// Errors as `SecretKeeper::get`; Errc::invalid: a secret that is no UTF-8 is wanted in the input.
[[nodiscard]] Result<ToldRequest> with_secrets(const ProgramRequest& request, SecretKeeper& secrets);

/// Masks what a program gave back of them.
void mask(ProgramOutcome& outcome, const Redactor& redactor);

}  // namespace aright::driver

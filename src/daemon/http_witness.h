// A witness that is asked over HTTP: C2SP tlog-witness, from the side of the log, and tlog-cosignature.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/cosignature.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "cli/witness_place.h"
#include "http/client.h"

namespace aright::daemon {

/// That the log of `size` entries begins with that of `old_size`, as cli::Prover::consistency gives it.
using Consistency = std::function<Result<std::vector<Digest>>(std::uint64_t old_size, std::uint64_t size)>;

/// One thread, but for `stop`.
class HttpWitness {
 public:
  /// What it says to a checkpoint.
  struct Said {
    enum class What : std::uint8_t {
      cosigned,
      longer,  ///< it has cosigned one for more entries: this log was set back
      other    ///< what it has cosigned is no beginning of this log
    };
    What what{What::cosigned};
    std::uint64_t size{0};           ///< entries of the last one that it has cosigned
    audit::Cosignature cosignature;  ///< of `cosigned`
  };

  /// `time_limit`: of each of the at most three requests of a submission. Errors as http::Client::create.
  static Result<std::unique_ptr<HttpWitness>> create(cli::WitnessPlace place, Consistency consistency, Nanos time_limit,
                                                     http::Resolve resolve = http::resolve_by_system);

  /// The signed `note` for `size` entries. Errc::not_found: it does not know this log; denied: not its key;
  /// invalid: what it answers is not of this protocol, or no cosignature of its key; unavailable: it cannot be reached,
  /// or not now. Others as `consistency` says.
  Result<Said> submit(const std::string& note, std::uint64_t size);
  /// Ends what is under way. Any thread.
  void stop() { client_->stop(); }

 private:
  HttpWitness(cli::WitnessPlace place, Consistency consistency, Nanos time_limit, std::unique_ptr<http::Client> client)
      : place_(std::move(place)),
        consistency_(std::move(consistency)),
        time_limit_(time_limit),
        client_(std::move(client)) {}
  Result<http::Answer> post(const std::string& note, std::uint64_t old_size, std::uint64_t size);

  const cli::WitnessPlace place_;
  const Consistency consistency_;
  const Nanos time_limit_;
  const std::unique_ptr<http::Client> client_;
  std::uint64_t known_{0};  ///< entries of what it has cosigned last, as far as we know
};

/// In words, for the daemon's log and for whoever starts it; of what is not `cosigned`.
[[nodiscard]] std::string in_words(const HttpWitness::Said& said, std::uint64_t size);

}  // namespace aright::daemon

#include "cli/call_syntax.h"

#include "driver/call/call_runner.h"

namespace aright::cli {

CallSyntax call_syntax(http::Destinations destinations) {
  CallSyntax syntax;
  syntax.url = [all = std::move(destinations)](const std::string& text, const Position& at, Diagnostics& out) {
    const auto url = http::parse_url(text);
    if (!url) {
      out.push_back({Severity::error, at, url.error().message, {}});
      return;
    }
    const auto found = http::destination_of(all, *url);
    if (found) return;
    const std::string& message = found.error().message;
    const auto end = message.find("; ");
    const bool advises = end != std::string::npos;
    out.push_back({Severity::error, at, message.substr(0, end), advises ? message.substr(end + 2) : std::string()});
  };
  syntax.header = [](const std::string& name, const Position& at, Diagnostics& out) {
    if (http::same_name(name, driver::key_header)) {
      out.push_back({Severity::error, at, "header Idempotency-Key is set by Aright: it names the step of the run", {}});
      return;
    }
    http::Outgoing request;
    request.headers = {{name, {}}};
    if (auto ok = http::check_outgoing(request); !ok) {
      const std::string& message = ok.error().message;
      out.push_back({Severity::error, at, message.substr(message.find(": ") + 2), {}});
    }
  };
  return syntax;
}

}  // namespace aright::cli

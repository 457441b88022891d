// What the parsers of controls and workflows need from outside their rooms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "model/resource.h"

namespace aright {

/// What a state can have, and of which type it always is.
struct StateField {
  enum class Kind : std::uint8_t { any, text, boolean, texts };
  std::string name;
  Kind kind{Kind::any};
};

/// How one kind of resource is written in configuration files. The driver's side of parsing, handed in so that the
/// rooms that parse know no driver.
struct ResourceSyntax {
  /// `desired:`; nullopt after reporting mistakes.
  std::function<std::optional<Desired>(const yaml::Node&, Diagnostics&)> desired;
  /// An id as written (a path, maybe relative) → the id; nullopt after reporting.
  std::function<std::optional<std::string>(const std::string&, const Position&, Diagnostics&)> id;
  /// All that a state of it can have; none: that is not known.
  std::vector<StateField> fields{};
  /// The names of those that are lists of texts.
  [[nodiscard]] std::set<std::string> of_lines() const;
};

/// What of a program can be known before it runs: its file and the environment it would get. The driver's side.
struct ProgramSyntax {
  /// Reports a path that can never be run as an error, a file that is not there (yet) as a warning.
  std::function<void(const std::string& path, const Position&, Diagnostics&)> file;
  /// Reports what would become code, or the program to start, and what no program may be handed; arguments as written,
  /// the program first, with their places.
  std::function<void(std::span<const std::string> arguments, std::span<const Position> at, Diagnostics&)> arguments;
  /// Reports a name that no program may get from us.
  std::function<void(const std::string& name, const Position&, Diagnostics&)> variable;
  /// Reports what no variable may name; its text as written, which may hold `${ … }`.
  std::function<void(const std::string& name, const std::string& text, const Position&, Diagnostics&)> value{};
};

/// What of a call can be known before it is made. The driver's side.
struct CallSyntax {
  /// Reports a URL as written that can never be called: its form, or a server that is no destination.
  std::function<void(const std::string& url, const Position&, Diagnostics&)> url;
  /// Reports the name of a header that no request may have from us.
  std::function<void(const std::string& name, const Position&, Diagnostics&)> header;
};

struct DefinitionContext {
  std::map<std::string, ResourceSyntax> resources;  ///< by kind: "file"
  ProgramSyntax programs;
  CallSyntax calls{};
  std::vector<std::string> secrets{};    ///< names of those that may be used
  std::vector<std::string> notifiers{};  ///< names of those who may be told
};

/// The syntax for `kind`, or nullptr after reporting a missing driver.
[[nodiscard]] const ResourceSyntax* syntax_of(const DefinitionContext& context, const std::string& kind,
                                              const Position& at, Diagnostics& out);

/// Names of controls and workflows: [a-z0-9-]{1,64}. Reports and returns false otherwise.
bool check_name(const std::string& name, const Position& at, Diagnostics& out);

}  // namespace aright

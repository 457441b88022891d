#include "workplace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"

namespace aright::bench {

Result<Workplace> Workplace::make(const std::string& above) {
  std::string name = above + "/bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return std::unexpected(errno_error(errno, above));
  return Workplace(std::move(name));
}

Workplace::~Workplace() {
  std::error_code ignored;  // a leftover folder in the build tree harms nobody
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<std::string> Workplace::folder(const std::string& name) const {
  std::string made = path_ + "/" + name;
  if (mkdir(made.c_str(), 0700) != 0) return std::unexpected(errno_error(errno, made));
  return made;
}

Result<Done> write_file(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out || chmod(file.c_str(), 0644) != 0) return fail(Errc::unavailable, file + ": could not be written");
  return Done{};
}

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in) return fail(Errc::unavailable, file + ": could not be read");
  return out.str();
}

const std::string& approved_content() {
  static const std::string text = [] {
    std::string lines = "# settings of an imaginary service\n";
    for (int i = 0; i < 32; ++i) lines += fmt::format("setting_{:02} = value of setting {:02}\n", i, i);
    return lines;
  }();
  return text;
}

Result<Done> write_config(const std::string& config, const std::vector<std::string>& folders) {
  std::error_code error;
  for (const char* part : {"controls", "workflows", "files"}) {
    std::filesystem::create_directories(fmt::format("{}/{}", config, part), error);
    if (error) return fail(Errc::unavailable, config + ": " + error.message());
  }
  auto ok = write_file(config + "/files/approved", approved_content());
  if (ok) ok = write_file(config + "/aright.yaml", "tests: off\n");
  for (std::size_t i = 0; ok && i < folders.size(); ++i) {
    ok = write_file(fmt::format("{}/controls/folder-{}.yaml", config, i),
                    fmt::format("control: folder-{}\ntags: [bench]\nwatch:\n  resource: file\n  folder: {}\n"
                                "desired:\n  content_from: files/approved\n  mode: \"0644\"\n",
                                i, folders[i]));
  }
  if (!ok) return ok;
  return write_file(config + "/workflows/restore.yaml",
                    "workflow: restore\nowner: bench\nanswers: [{ tag: bench }]\nmode: auto\n"
                    "guards:\n  threshold: [{ runs: 1000000, within: 10m, per: workflow }]\n"
                    "steps: [{ ensure: desired }]\n");
}

Result<std::vector<std::string>> make_files(const std::string& folder, unsigned count) {
  std::vector<std::string> files;
  for (unsigned i = 0; i < count; ++i) {
    files.push_back(fmt::format("{}/settings-{:04}.conf", folder, i));
    if (auto ok = write_file(files.back(), approved_content()); !ok) return std::unexpected(ok.error());
  }
  return files;
}

Result<Done> break_file(const std::string& file) {
  const UniqueFd fd{open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  constexpr std::string_view line = "changed = by somebody\n";
  if (!fd.valid() || write(fd.get(), line.data(), line.size()) < 0) return std::unexpected(errno_error(errno, file));
  return Done{};
}

}  // namespace aright::bench

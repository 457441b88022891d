// What other files and `Match` blocks say of keys of sshd: never taken for what the control has seen.
#include "cli/sshd_elsewhere.h"

#include <gtest/gtest.h>

#include "cli/scan.h"
#include "cli/scan_report.h"
#include "model/content.h"
#include "model/key_wish.h"

namespace aright::cli {
namespace {

class SshFiles final : public Driver {
 public:
  std::map<std::string, std::string> files;
  Result<State> read(const ResourceId& resource) override {
    const auto found = files.find(resource.id);
    if (found == files.end()) return State{Json{{"exists", false}}, false};
    if (found->second == "closed") return fail(Errc::denied, resource.id + ": permission denied");
    return State{Json{{"exists", true}, {"content", content_json(found->second)}}, false};
  }
  Result<std::vector<std::string>> list(const Select& select) override {
    if (!select.ids.empty()) return select.ids;
    std::vector<std::string> ids;
    for (const auto& [path, text] : files) {
      if (path.substr(0, path.rfind('/')) == select.within.at(0)) ids.push_back(path);
    }
    if (ids.empty()) return fail(Errc::not_found, select.within[0] + ": no such folder");
    return ids;
  }
  Result<Plan> plan(const ResourceId& /*resource*/, const Desired& /*desired*/) override {
    return fail(Errc::invalid, "nothing is planned here");
  }
  Result<ApplyOutcome> apply(const ApplyRequest& /*request*/) override {
    return fail(Errc::denied, "a scan changes nothing");
  }
};

constexpr const char* main_file = "/etc/ssh/sshd_config";

class SshdElsewhere : public testing::Test {
 protected:
  ScanItem look(const std::string& text, key_text::Wanted wanted = {{"PermitRootLogin", "no"}}) {
    files.files[main_file] = text;
    Control control;
    control.name = "ssh";
    control.driver = "file";
    control.select.ids = {main_file};
    control.desired.fields = {
        {std::string(keys_field), KeyWish{key_text::Format::sshd(), std::move(wanted)}.to_json()}};
    config.controls = {control};
    seen = scan(config, {{"file", &files}}, false, WallTime{});
    return seen.items.at(0);
  }
  SshFiles files;
  Config config;
  Scan seen;
};

TEST_F(SshdElsewhere, WithoutIncludeThereIsNothingToSay) {
  const ScanItem item = look("PermitRootLogin no\n");
  EXPECT_EQ(item.status, ScanStatus::compliant);
  EXPECT_EQ(item.note, "");
}

TEST_F(SshdElsewhere, WhatIsIncludedFirstDecides) {
  files.files["/etc/ssh/sshd_config.d/50-cloud.conf"] = "# by the cloud\npermitrootlogin yes\n";
  const ScanItem item = look("Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n");
  EXPECT_EQ(item.status, ScanStatus::violation);
  EXPECT_EQ(item.note,
            "line 2 of /etc/ssh/sshd_config.d/50-cloud.conf, which is included, sets PermitRootLogin to "
            "something else; no fix of this file changes that: put it right there");
  EXPECT_FALSE(seen.clean());
  const Json sarif = Json::parse(report(seen, ScanFormat::sarif)).at("runs").at(0);
  EXPECT_EQ(sarif.at("results").size(), 1U);
  EXPECT_NE(sarif.at("results").at(0).at("message").at("text").get<std::string>().find("50-cloud.conf"),
            std::string::npos);
  EXPECT_EQ(sarif.at("invocations").at(0).at("executionSuccessful"), true);
  EXPECT_NE(report(seen, ScanFormat::junit).find("<failure message=\"line 2 of"), std::string::npos);
  EXPECT_EQ(Json::parse(report(seen, ScanFormat::json)).at("violations"), 1U);
}

TEST_F(SshdElsewhere, WhatMayBeSettledBeforeIsUnknown) {
  files.files["/etc/ssh/closed.conf"] = "closed";
  files.files["/etc/ssh/open.conf"] = "PermitRootLogin yes\nPort 2222\n";
  const char* text = "Include closed.conf\nInclude open.conf\nPermitRootLogin no\nPort 22\n";
  EXPECT_EQ(look(text).status, ScanStatus::unreadable);
  EXPECT_EQ(look(text, {{"Port", "22"}}).status, ScanStatus::violation) << "each line of it counts";
}

TEST_F(SshdElsewhere, WhoReadsDefinitionsIsWarned) {
  Diagnostics out;
  const auto warn = [&](const std::string& text) {
    look(text);
    out.clear();
    warn_of_included(files, config, out);
    return out.empty() ? std::string() : out.front().message;
  };
  files.files["/etc/ssh/x.conf"] = "PermitRootLogin yes\n";
  EXPECT_NE(warn("Include x.conf\nPermitRootLogin no\n").find("line 1 of /etc/ssh/x.conf"), std::string::npos);
  EXPECT_EQ(out.front().severity, Severity::warning);
  EXPECT_EQ(warn("PermitRootLogin no\nInclude x.conf\n"), "");
  files.files["/etc/ssh/x.conf"] = "closed";
  EXPECT_NE(warn("Include x.conf\nPermitRootLogin no\n").find("permission denied"), std::string::npos);
}

TEST_F(SshdElsewhere, WhatIsIncludedAndAgreesOrComesTooLateDecidesNothing) {
  files.files["/etc/ssh/sshd_config.d/10.conf"] = "PermitRootLogin \"no\"\n";
  files.files["/etc/ssh/sshd_config.d/50.conf"] = "PermitRootLogin yes\n";
  files.files["/etc/ssh/sshd_config.d/50.bak"] = "PermitRootLogin yes\n";
  EXPECT_EQ(look("Include sshd_config.d/*.conf\nPermitRootLogin no\n").note, "") << "the first has settled it";
  files.files.erase("/etc/ssh/sshd_config.d/10.conf");
  EXPECT_EQ(look("PermitRootLogin no\nInclude sshd_config.d/*.conf\n").status, ScanStatus::compliant);
}

TEST_F(SshdElsewhere, WhereLinesAddUpALaterOneCountsToo) {
  files.files["/etc/ssh/more.conf"] = "Port 2222\n";
  const ScanItem item = look("Port 22\nInclude more.conf\n", {{"Port", "22"}});
  EXPECT_EQ(item.status, ScanStatus::violation);
  EXPECT_NE(item.note.find("line 1 of /etc/ssh/more.conf"), std::string::npos) << item.note;
}

TEST_F(SshdElsewhere, WhatIsIncludedMayIncludeAndNotForEver) {
  files.files["/etc/ssh/a.conf"] = "Include b.conf\n";
  files.files["/etc/ssh/b.conf"] = "PermitRootLogin yes\n";
  EXPECT_NE(look("Include a.conf\nPermitRootLogin no\n").note.find("of /etc/ssh/b.conf"), std::string::npos);
  files.files["/etc/ssh/b.conf"] = "Include a.conf\n";
  const ScanItem item = look("Include a.conf\nPermitRootLogin no\n");
  EXPECT_EQ(item.status, ScanStatus::unreadable);
  EXPECT_NE(item.note.find("that is not followed"), std::string::npos) << item.note;
}

TEST_F(SshdElsewhere, WhatCannotBeReadMayDecide) {
  files.files["/etc/ssh/closed.conf"] = "closed";
  EXPECT_EQ(look("Include closed.conf\nPermitRootLogin no\n").note,
            "line 1 of /etc/ssh/sshd_config includes /etc/ssh/closed.conf: /etc/ssh/closed.conf: permission denied");
  EXPECT_EQ(look("Include /etc/*/x.conf\nPermitRootLogin no\n").status, ScanStatus::unreadable);
  EXPECT_EQ(look("Include /etc/nowhere/*.conf\nPermitRootLogin no\n").status, ScanStatus::compliant);
}

TEST_F(SshdElsewhere, AMatchBlockThatSaysOtherwiseIsToldAndIsNoViolation) {
  const ScanItem item =
      look("PermitRootLogin no\nMatch Address 192.0.2.0/24\n  PermitRootLogin yes\n  X11Forwarding no\n");
  EXPECT_EQ(item.status, ScanStatus::compliant);
  EXPECT_EQ(item.note,
            "line 3 of /etc/ssh/sshd_config sets PermitRootLogin to something else for those that its "
            "`Match` names");
  EXPECT_NE(report(seen, ScanFormat::table).find("for those that its `Match` names"), std::string::npos);
  EXPECT_TRUE(seen.clean());
}

TEST_F(SshdElsewhere, WhereIncludeAndMatchMeetTheyAreToldToo) {
  files.files["/etc/ssh/in.conf"] = "PermitRootLogin yes\n";
  const ScanItem within = look("PermitRootLogin no\nMatch Address 192.0.2.0/24\n  Include in.conf\n");
  EXPECT_EQ(within.status, ScanStatus::compliant);
  EXPECT_NE(within.note.find("line 1 of /etc/ssh/in.conf sets"), std::string::npos) << within.note;
  files.files["/etc/ssh/in.conf"] = "Match User joe\nPermitRootLogin yes\n";
  for (const char* text : {"PermitRootLogin no\nInclude in.conf\n", "Include in.conf\nPermitRootLogin no\n"}) {
    const ScanItem included = look(text);
    EXPECT_EQ(included.status, ScanStatus::compliant) << text;
    EXPECT_NE(included.note.find("line 2 of /etc/ssh/in.conf sets"), std::string::npos) << included.note;
  }
}

TEST_F(SshdElsewhere, AViolationStaysOne) {
  files.files["/etc/ssh/a.conf"] = "PermitRootLogin yes\n";
  const ScanItem item = look("Include a.conf\nPermitRootLogin yes\n");
  EXPECT_EQ(item.status, ScanStatus::violation);
  EXPECT_NE(item.note.find("line 1 of /etc/ssh/a.conf"), std::string::npos) << item.note;
}

}  // namespace
}  // namespace aright::cli

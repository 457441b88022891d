#include "detect/sigma/taxonomy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

namespace {

struct Channel {
  std::string_view name;  ///< folded
  std::string_view service;
};
constexpr auto channels = std::to_array<Channel>({
    {"application", "application"},
    {"security", "security"},
    {"system", "system"},
    {"microsoft-windows-sysmon/operational", "sysmon"},
    {"microsoft-windows-powershell/operational", "powershell"},
    {"powershellcore/operational", "powershell"},
    {"windows powershell", "powershell-classic"},
    {"microsoft-windows-windows defender/operational", "windefend"},
    {"microsoft-windows-taskscheduler/operational", "taskscheduler"},
    {"microsoft-windows-wmi-activity/operational", "wmi"},
    {"microsoft-windows-bits-client/operational", "bits-client"},
    {"microsoft-windows-ntlm/operational", "ntlm"},
    {"microsoft-windows-dns-client/operational", "dns-client"},
    {"dns server", "dns-server"},
    {"microsoft-windows-dnsserver/analytical", "dns-server-analytic"},
    {"microsoft-windows-dnsserver/audit", "dns-server-audit"},
    {"microsoft-windows-applocker/msi and script", "applocker"},
    {"microsoft-windows-applocker/exe and dll", "applocker"},
    {"microsoft-windows-applocker/packaged app-deployment", "applocker"},
    {"microsoft-windows-applocker/packaged app-execution", "applocker"},
    {"microsoft-windows-windows firewall with advanced security/firewall", "firewall-as"},
    {"microsoft-windows-codeintegrity/operational", "codeintegrity-operational"},
    {"microsoft-windows-smbclient/security", "smbclient-security"},
    {"microsoft-windows-smbclient/connectivity", "smbclient-connectivity"},
    {"microsoft-windows-smbserver/connectivity", "smbserver-connectivity"},
    {"microsoft-windows-terminalservices-localsessionmanager/operational", "terminalservices-localsessionmanager"},
    {"microsoft-windows-driverframeworks-usermode/operational", "driver-framework"},
    {"microsoft-windows-ldap-client/debug", "ldap"},
    {"microsoft-windows-printservice/admin", "printservice-admin"},
    {"microsoft-windows-printservice/operational", "printservice-operational"},
    {"microsoft-windows-lsa/operational", "lsa-server"},
    {"microsoft-windows-shell-core/operational", "shell-core"},
    {"microsoft-windows-security-mitigations/kernelmode", "security-mitigations"},
    {"microsoft-windows-security-mitigations/usermode", "security-mitigations"},
    {"microsoft-windows-diagnosis-scripted/operational", "diagnosis-scripted"},
    {"microsoft-windows-appxdeploymentserver/operational", "appxdeployment-server"},
    {"microsoft-windows-appxpackaging/operational", "appxpackaging-om"},
    {"microsoft-windows-appmodel-runtime/admin", "appmodel-runtime"},
    {"microsoft-windows-capi2/operational", "capi2"},
    {"microsoft-windows-certificateservicesclient-lifecycle-system/operational",
     "certificateservicesclient-lifecycle-system"},
    {"microsoft-windows-hyper-v-worker", "hyper-v-worker"},
    {"microsoft-windows-kernel-event tracing", "kernel-event-tracing"},
    {"microsoft-iis-configuration/operational", "iis-configuration"},
    {"microsoft-servicebus-client", "microsoft-servicebus-client"},
    {"msexchange management", "msexchange-management"},
    {"openssh/operational", "openssh"},
});

struct EventKind {
  std::string_view service;
  int event;
  std::string_view category;
};
constexpr auto kinds = std::to_array<EventKind>({
    {"sysmon", 1, "process_creation"},
    {"sysmon", 2, "file_change"},
    {"sysmon", 3, "network_connection"},
    {"sysmon", 4, "sysmon_status"},
    {"sysmon", 5, "process_termination"},
    {"sysmon", 6, "driver_load"},
    {"sysmon", 7, "image_load"},
    {"sysmon", 8, "create_remote_thread"},
    {"sysmon", 9, "raw_access_thread"},
    {"sysmon", 10, "process_access"},
    {"sysmon", 11, "file_event"},
    {"sysmon", 12, "registry_event"},
    {"sysmon", 13, "registry_event"},
    {"sysmon", 13, "registry_set"},
    {"sysmon", 14, "registry_event"},
    {"sysmon", 14, "registry_rename"},
    {"sysmon", 15, "create_stream_hash"},
    {"sysmon", 16, "sysmon_status"},
    {"sysmon", 17, "pipe_created"},
    {"sysmon", 18, "pipe_created"},
    {"sysmon", 19, "wmi_event"},
    {"sysmon", 20, "wmi_event"},
    {"sysmon", 21, "wmi_event"},
    {"sysmon", 22, "dns_query"},
    {"sysmon", 23, "file_delete"},
    {"sysmon", 24, "clipboard_capture"},
    {"sysmon", 25, "process_tampering"},
    {"sysmon", 26, "file_delete"},
    {"sysmon", 27, "file_block_executable"},
    {"sysmon", 28, "file_block_shredding"},
    {"sysmon", 29, "file_executable_detected"},
    {"sysmon", 255, "sysmon_error"},
    {"security", 4688, "process_creation"},
    {"powershell", 4103, "ps_module"},
    {"powershell", 4104, "ps_script"},
    {"powershell-classic", 400, "ps_classic_start"},
    {"powershell-classic", 600, "ps_classic_provider_start"},
    {"powershell-classic", 800, "ps_classic_script"},
});

std::string text_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int number_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  if (found == record.end()) return -1;
  int number = -1;
  if (found->is_number_integer()) {
    const auto value = found->get<std::int64_t>();
    return value >= 0 && value <= 0xFFFF ? static_cast<int>(value) : -1;
  }
  const std::string text = text_of(record, key);
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  return bad == std::errc{} && stop == text.data() + text.size() ? number : -1;
}

std::string_view service_of(const Json& record) {
  const auto found = std::ranges::find(channels, fold(text_of(record, "Channel")), &Channel::name);
  return found == channels.end() ? std::string_view() : found->service;
}

/// Sysmon's 12 tells in a field whether a key was made or removed.
std::string_view registry_category(const Json& record) {
  const std::string type = fold(text_of(record, "EventType"));
  if (type == "createkey") return "registry_add";
  return type == "deletekey" || type == "deletevalue" ? "registry_delete" : "";
}

void add(LogSources& sources, LogSource source) {
  if (std::ranges::find(sources, source) == sources.end()) sources.push_back(std::move(source));
}

}  // namespace

LogSources log_sources_of(const Json& record) {
  LogSources sources;
  if (!record.is_object()) return sources;
  const LogSource stated{fold(text_of(record, "category")), fold(text_of(record, "product")),
                         fold(text_of(record, "service"))};
  if (stated != LogSource{}) sources.push_back(stated);
  const int event = number_of(record, "EventID");
  if (event < 0 || text_of(record, "Channel").empty()) return sources;
  const std::string service(service_of(record));
  add(sources, {"", "windows", service});
  for (const EventKind& kind : kinds) {
    if (kind.service == service && kind.event == event) add(sources, {std::string(kind.category), "windows", service});
  }
  const std::string_view registry = service == "sysmon" && event == 12 ? registry_category(record) : "";
  if (!registry.empty()) add(sources, {std::string(registry), "windows", service});
  return sources;
}

FieldAliases field_aliases_of(const Json& record) {
  if (!record.is_object() || service_of(record) != "security") return {};
  const int event = number_of(record, "EventID");
  // Only where the values are of the same form: `User`, say, is written otherwise.
  if (event == 4688) {
    return {{"Image", "NewProcessName"}, {"ParentImage", "ParentProcessName"}, {"LogonId", "SubjectLogonId"}};
  }
  if (event == 4657) return {{"Details", "NewValue"}};
  return {};
}

}  // namespace aright::detect::sigma

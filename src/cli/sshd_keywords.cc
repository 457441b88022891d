#include "cli/sshd_keywords.h"

#include <iterator>
#include <sstream>

namespace aright::cli {

namespace {

/// Sorted.
constexpr const char* keywords =
    "acceptenv addressfamily afstokenpassing allowagentforwarding allowgroups allowstreamlocalforwarding "
    "allowtcpforwarding allowusers authenticationmethods authorizedkeyscommand authorizedkeyscommanduser "
    "authorizedkeysfile authorizedkeysfile2 authorizedprincipalscommand authorizedprincipalscommanduser "
    "authorizedprincipalsfile banner casignaturealgorithms challengeresponseauthentication "
    "channeltimeout checkmail chrootdirectory ciphers clientalivecountmax clientaliveinterval "
    "compression debianbanner denygroups denyusers disableforwarding dsaauthentication exposeauthinfo "
    "fingerprinthash forcecommand gatewayports gssapiauthentication gssapicleanupcredentials "
    "gssapicleanupcreds gssapikexalgorithms gssapikeyexchange gssapistorecredentialsonrekey "
    "gssapistrictacceptorcheck gssapiusesessioncredcache gssusesessionccache hostbasedacceptedalgorithms "
    "hostbasedacceptedkeytypes hostbasedauthentication hostbasedusesnamefrompacketonly hostcertificate "
    "hostdsakey hostkey hostkeyagent hostkeyalgorithms ignorerhosts ignoreuserknownhosts include ipqos "
    "kbdinteractiveauthentication keepalive kerberosauthentication kerberosgetafstoken "
    "kerberosorlocalpasswd kerberostgtpassing kerberosticketcleanup kexalgorithms "
    "keyregenerationinterval listenaddress logingracetime loglevel logverbose macs match maxauthtries "
    "maxsessions maxstartups modulifile pamauthenticationviakbdint pamservicename passwordauthentication "
    "permitblacklistedkeys permitemptypasswords permitlisten permitopen permitrootlogin permittty "
    "permittunnel permituserenvironment permituserrc persourcemaxstartups persourcenetblocksize "
    "persourcepenalties persourcepenaltyexemptlist pidfile port printlastlog printmotd protocol "
    "pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication pubkeyauthoptions rdomain "
    "refuseconnection rekeylimit requiredrsasize reversemappingcheck revokedkeys rhostsauthentication "
    "rhostsrsaauthentication rsaauthentication securitykeyprovider serverkeybits setenv "
    "skeyauthentication sshdauthpath sshdsessionpath streamlocalbindmask streamlocalbindunlink "
    "strictmodes subsystem syslogfacility tcpkeepalive trustedusercakeys unusedconnectiontimeout usedns "
    "uselogin usepam useprivilegeseparation verifyreversemapping versionaddendum x11displayoffset "
    "x11forwarding x11uselocalhost xauthlocation";

}  // namespace

const std::vector<std::string>& sshd_keywords() {
  static const std::vector<std::string> all = [] {
    std::istringstream words(keywords);
    return std::vector<std::string>(std::istream_iterator<std::string>(words), {});
  }();
  return all;
}

}  // namespace aright::cli

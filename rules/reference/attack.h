// ATT&CK as far as rules refer to it: tactics in the order of the matrix, and names of the techniques that identity
// detections are tagged with. Constants; any thread.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace vedette::rules::reference {

inline constexpr std::array<std::string_view, 16> kTactics = {
    "reconnaissance",     "resource-development", "initial-access",  "execution",
    "persistence",        "privilege-escalation", "defense-evasion", "stealth",
    "defense-impairment", "credential-access",    "discovery",       "lateral-movement",
    "collection",         "command-and-control",  "exfiltration",    "impact"};

inline constexpr std::pair<std::string_view, std::string_view> kTechniques[] = {
    {"T1003", "OS Credential Dumping"},
    {"T1020", "Automated Exfiltration"},
    {"T1021", "Remote Services"},
    {"T1021.001", "Remote Desktop Protocol"},
    {"T1021.004", "SSH"},
    {"T1021.007", "Cloud Services"},
    {"T1059", "Command and Scripting Interpreter"},
    {"T1059.004", "Unix Shell"},
    {"T1059.009", "Cloud API"},
    {"T1069", "Permission Groups Discovery"},
    {"T1069.003", "Cloud Groups"},
    {"T1072", "Software Deployment Tools"},
    {"T1078", "Valid Accounts"},
    {"T1078.001", "Default Accounts"},
    {"T1078.002", "Domain Accounts"},
    {"T1078.003", "Local Accounts"},
    {"T1078.004", "Cloud Accounts"},
    {"T1087", "Account Discovery"},
    {"T1087.004", "Cloud Account"},
    {"T1090", "Proxy"},
    {"T1090.003", "Multi-hop Proxy"},
    {"T1098", "Account Manipulation"},
    {"T1098.001", "Additional Cloud Credentials"},
    {"T1098.003", "Additional Cloud Roles"},
    {"T1098.005", "Device Registration"},
    {"T1110", "Brute Force"},
    {"T1110.001", "Password Guessing"},
    {"T1110.002", "Password Cracking"},
    {"T1110.003", "Password Spraying"},
    {"T1110.004", "Credential Stuffing"},
    {"T1111", "Multi-Factor Authentication Interception"},
    {"T1114", "Email Collection"},
    {"T1114.003", "Email Forwarding Rule"},
    {"T1133", "External Remote Services"},
    {"T1134", "Access Token Manipulation"},
    {"T1136", "Create Account"},
    {"T1136.001", "Local Account"},
    {"T1136.003", "Cloud Account"},
    {"T1189", "Drive-by Compromise"},
    {"T1190", "Exploit Public-Facing Application"},
    {"T1195", "Supply Chain Compromise"},
    {"T1199", "Trusted Relationship"},
    {"T1204", "User Execution"},
    {"T1212", "Exploitation for Credential Access"},
    {"T1213", "Data from Information Repositories"},
    {"T1213.003", "Code Repositories"},
    {"T1484", "Domain or Tenant Policy Modification"},
    {"T1484.002", "Trust Modification"},
    {"T1485", "Data Destruction"},
    {"T1486", "Data Encrypted for Impact"},
    {"T1489", "Service Stop"},
    {"T1490", "Inhibit System Recovery"},
    {"T1496", "Resource Hijacking"},
    {"T1526", "Cloud Service Discovery"},
    {"T1528", "Steal Application Access Token"},
    {"T1530", "Data from Cloud Storage"},
    {"T1531", "Account Access Removal"},
    {"T1535", "Unused/Unsupported Cloud Regions"},
    {"T1537", "Transfer Data to Cloud Account"},
    {"T1538", "Cloud Service Dashboard"},
    {"T1539", "Steal Web Session Cookie"},
    {"T1548", "Abuse Elevation Control Mechanism"},
    {"T1550", "Use Alternate Authentication Material"},
    {"T1550.001", "Application Access Token"},
    {"T1550.004", "Web Session Cookie"},
    {"T1552", "Unsecured Credentials"},
    {"T1552.001", "Credentials In Files"},
    {"T1555", "Credentials from Password Stores"},
    {"T1556", "Modify Authentication Process"},
    {"T1556.006", "Multi-Factor Authentication"},
    {"T1556.007", "Hybrid Identity"},
    {"T1556.009", "Conditional Access Policies"},
    {"T1557", "Adversary-in-the-Middle"},
    {"T1562", "Impair Defenses"},
    {"T1562.001", "Disable or Modify Tools"},
    {"T1562.007", "Disable or Modify Cloud Firewall"},
    {"T1562.008", "Disable or Modify Cloud Logs"},
    {"T1564", "Hide Artifacts"},
    {"T1565", "Data Manipulation"},
    {"T1566", "Phishing"},
    {"T1566.002", "Spearphishing Link"},
    {"T1567", "Exfiltration Over Web Service"},
    {"T1578", "Modify Cloud Compute Infrastructure"},
    {"T1580", "Cloud Infrastructure Discovery"},
    {"T1586", "Compromise Accounts"},
    {"T1586.003", "Cloud Accounts"},
    {"T1589", "Gather Victim Identity Information"},
    {"T1606", "Forge Web Credentials"},
    {"T1606.001", "Web Cookies"},
    {"T1606.002", "SAML Tokens"},
    {"T1619", "Cloud Storage Object Discovery"},
    {"T1621", "Multi-Factor Authentication Request Generation"},
    {"T1648", "Serverless Execution"},
    {"T1651", "Cloud Administration Command"},
};

// Empty for techniques that the table does not have.
[[nodiscard]] constexpr std::string_view technique_name(std::string_view id) {
  for (const auto& [technique, name] : kTechniques) {
    if (technique == id) return name;
  }
  return {};
}

}  // namespace vedette::rules::reference

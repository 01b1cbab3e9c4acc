// The files that `vedette init` writes. Constants; any thread.
#pragma once

#include <array>
#include <string_view>

namespace vedette::app {

struct InitFile {
  std::string_view path;
  std::string_view text;
};

inline constexpr std::array<InitFile, 4> kInitFiles = {{
    {"vedette.yml", R"yaml(# Configuration of `vedette run`. Relative paths start at this file's folder.
rules:
  paths: [rules]              # rule files or folders
  lists: [lists]              # *.txt, *.yml, *.csv: the lists that rules name with |expand
  reload: signal              # SIGHUP or POST /api/v1/reload; watch: by itself when a file changes

# What was acknowledged survives kill -9 and power cuts. Without `store` everything is in memory only.
store:
  path: data                  # made at the first start; one process at a time
  # evidence: {keep: 7d, max_bytes: 4GB}   # events behind alerts
  # memory: {budget: 1GB}                  # of all windows

# Accounts of listed domains become persons by their local part: alice@example.com is alice in every system.
identities:
  domains: [example.com]

sources:
  # Events by HTTP: curl --data-binary @events.ndjson http://127.0.0.1:8088/ingest
  - name: ingest
    type: http
    listen: "127.0.0.1:8088"
    path: /ingest
    source: auto              # okta, aws_cloudtrail, sshd, json; auto looks at each record

  # Okta Event Hooks. Okta sends the secret in the Authorization header; it is never written here.
  # - name: okta-hook
  #   type: okta_hook
  #   listen: "127.0.0.1:8090"
  #   path: /okta
  #   auth: {secrets: [{env: OKTA_HOOK_SECRET}]}

  # A Kafka topic; all partitions are read.
  # - name: identity
  #   type: kafka
  #   brokers: ["127.0.0.1:9092"]
  #   topics: [okta.system-log]
  #   start: earliest         # or latest
  #   source: okta

  # A growing log file.
  # - name: ssh
  #   type: file
  #   path: /var/log/auth.log
  #   source: sshd
  #   follow: true
  #   timezone: Europe/Paris

sinks:
  - {name: out, type: stdout}
  # - {name: log, type: file, path: alerts.jsonl, rotate: {size: 100MB, keep: 10}}
  # - {name: bus, type: kafka, brokers: ["127.0.0.1:9092"], topic: vedette.alerts, min_level: medium}
  # - name: pager
  #   type: webhook
  #   url: https://hooks.example.com/vedette
  #   secrets: [{env: PAGER_SIGNING_SECRET}]    # Standard Webhooks: whsec_...
  #   min_level: high
  #   on_continuation: drop
  #   dead_letter: undelivered.jsonl

# Alerts that a route matches go where it says, the others to every sink by its min_level.
# routes:
#   - {match: {tags: [attack.credential-access]}, to: [pager, log]}

# admin: {listen: "127.0.0.1:9600"}      # /healthz, /readyz, /metrics

log: {format: human, level: info}        # json | human; debug | info | warning | error
)yaml"},
    {"rules/admin_granted.yml",
     R"yaml(# A Sigma rule. `vedette explain rules/admin_granted.yml EVENT` shows why an event matches it or not.
title: Okta administrator rights granted
id: 4d7ef3a1-6a70-4c0f-9c39-5a6f7e1d2b90
name: okta_admin_granted
status: test
description: Somebody was given administrator rights, and not by the automation account that is meant to do it.
author: you
tags: [attack.persistence, attack.t1098]
falsepositives: [A new administrator whose request was approved]
logsource:
  product: okta
  service: okta
detection:
  selection:
    eventType: user.account.privilege.grant
    outcome.result: SUCCESS
  filter_automation:
    actor.alternateId|expand: '%automation_accounts%'
  condition: selection and not filter_automation
level: high
---
# A Sigma correlation: the same person is given rights again and again.
title: Several grants of administrator rights by one person
id: 8f1d3a02-2c5e-4f27-8a53-0f5c1f4f3e11
name: okta_many_admin_grants
status: test
description: Three grants within ten minutes by one person; a stolen session makes its own administrators.
author: you
tags: [attack.persistence, attack.t1098]
falsepositives: [The set-up of a new team]
correlation:
  type: event_count
  rules: [okta_admin_granted]
  group-by: [actor.alternateId]
  timespan: 10m
  condition: {gte: 3}
  generate: true
level: critical
)yaml"},
    {"rules/admin_granted.test.yml",
     R"yaml(# Runs with `vedette test`. Alerts that a case does not list fail it; `expect: []` means that nothing may fire.
tests:
  - name: a grant by a person
    start: 2026-05-04T09:00:00Z
    events:
      - at: 0s
        source: okta
        event: {eventType: user.account.privilege.grant, actor: {alternateId: bob@example.com}, outcome: {result: SUCCESS}}
    expect:
      - {rule: okta_admin_granted, at: 0s, level: high}

  - name: a grant by the automation account, and a failed one
    start: 2026-05-04T09:00:00Z
    events:
      - at: 0s
        source: okta
        event: {eventType: user.account.privilege.grant, actor: {alternateId: terraform@example.com}, outcome: {result: SUCCESS}}
      - at: 5s
        source: okta
        event: {eventType: user.account.privilege.grant, actor: {alternateId: bob@example.com}, outcome: {result: FAILURE}}
    expect: []

  - name: three grants within ten minutes
    start: 2026-05-04T09:00:00Z
    events:
      - {at: 0s, source: okta, event: {eventType: user.account.privilege.grant, actor: {alternateId: bob@example.com}, outcome: {result: SUCCESS}}}
      - {at: 4m, source: okta, event: {eventType: user.account.privilege.grant, actor: {alternateId: bob@example.com}, outcome: {result: SUCCESS}}}
      - {at: 10m, source: okta, event: {eventType: user.account.privilege.grant, actor: {alternateId: bob@example.com}, outcome: {result: SUCCESS}}}
    expect:
      - {rule: okta_admin_granted, at: 0s}
      - {rule: okta_admin_granted, at: 4m}
      - {rule: okta_admin_granted, at: 10m}
      - {rule: okta_many_admin_grants, at: 10m, count: 3, level: critical}
)yaml"},
    {"lists/automation_accounts.txt", "terraform@example.com\n"},
}};

}  // namespace vedette::app

// Model files: together they show every form that each key may have. They are right by themselves: behind a mistake a
// parser asks for nothing more.
#pragma once

#include <array>

namespace aright::cli::models {

inline constexpr std::array controls{R"(
control: a
check: { resource: file, path: /a, every: 1h }
desired: { content: "x", mode: "0644", owner: root }
)",
                                     R"(
control: b
watch: { resource: file, folders: [/a, /b] }
desired: { keys: { A: "x", B: null }, format: sshd, optional: true }
)",
                                     R"(
control: c
watch: { resource: file, path: /a }
violation: true
)",
                                     R"(
control: d
sigma: a-rule
title: x
severity: high
tags: [x]
resolve_after: 1h
)",
                                     R"(
control: e
alert: { source: [a], each: event.a, when: true, subject: "a=${ event.a }", severity: low, title: x, resolved: true }
)"};
inline constexpr std::array sources{R"(
source: a
tail: { files: [/a], patterns: [/b*], from: end, line_max: 1000, mode: plan }
log_source: { category: a, product: b, service: c }
decode: sshd
)",
                                    R"(
source: b
tail: { files: [/a] }
log_source: [{ product: b }]
decode: { json: { time: t, trusted: [x] } }
)",
                                    R"(
source: c
tail: { files: [/a] }
decode: { text: ["(?P<a>x)y", { pattern: "(?P<a>x)y", types: { a: address }, trusted: [a] }], time: a }
)",
                                    R"(
source: c2
tail: { files: [/a] }
decode: { text: "(?P<a>x)y" }
)",
                                    R"(
source: c3
tail: { files: [/a] }
decode: { text: { pattern: "(?P<a>x)y" } }
)",
                                    R"(
source: d
webhook:
  auth: stripe
  secret: { file: /a }
  tolerance: 5m
  signature_header: A
  mode: plan
  body_max: 1
  headers: { a: B }
  time: t
  trusted: [x]
log_source: { product: b }
)",
                                    R"(
source: e
webhook: { auth: bearer, secret: a }
)",
                                    R"(
source: f
webhook: { auth: bearer, secret: [{ file: [/a, /b] }, { environment: A }, { credential: a }, a] }
)"};
inline constexpr std::array workflows{R"(
workflow: a
owner: o
answers: [a, { tag: t, level: high }, { control: a, subject: "a=${ event.a }", type: address }]
when: true
guards:
  threshold: [{ runs: 3, within: 10m, per: workflow }]
  cool_down: { wait: 1m, per: subject }
  for: 5m
  flapping: { openings: 5, within: 1h }
  breaker: { failed: 50%, runs: 4, within: 1h, trial_after: 30m }
  concurrency: 4
  oscillation: { returns: 3, within: 24h }
  budget: { subjects: 20, percent: 5%, population: 400, within: 10m, staged: true }
  window:
    zone: UTC
    allow: [{ days: [mon], from: 08:00, to: 18:00 }]
    forbid: [{ days: [mon], from: 12:00, to: 13:00 }]
    outside: wait
steps:
  - ensure: desired
    retry: { times: 3, wait: 2s }
    time_limit: 5s
  - ensure: { resource: file, path: /a, desired: { keys: { A: "x" }, format: "key value", case: exact, wins: last } }
  - exec: [/a, "x"]
    environment: { A: "x", B: { secret: a, prefix: "x" } }
    secrets: [a]
    expect: { exit: [0], output_contains: "x" }
    time_limit: 5s
    output_max: 1
    sensitive: false
    retry: { times: 3, wait: 2s }
    confirm:
      exec: [/a]
      environment: { A: "x", B: { secret: a, prefix: "x" } }
      expect: { exit: [0], output_contains: "x" }
      absent: { exit: [1] }
      time_limit: 5s
      output_max: 1
    undo:
      exec: [/a, "x"]
      environment: { A: "x", B: { secret: a, prefix: "x" } }
      secrets: [a]
      expect: { exit: [0], output_contains: "x" }
      time_limit: 5s
      output_max: 1
      sensitive: false
      confirm:
        exec: [/a]
        environment: { A: "x" }
        expect: { exit: [0], output_contains: "x" }
        absent: { exit: [1] }
        time_limit: 5s
        output_max: 1
  - exec: [/a]
    undo: none
  - call: { method: POST, url: "https://a/", headers: { A: "x", B: { secret: a, prefix: "x" } }, form: { a: "x" } }
    expect: { status: [200, 200-299], answer: true }
    time_limit: 5s
    output_max: 1
    sensitive: false
    retry: { times: 3, wait: 2s }
    confirm:
      call: { method: GET, url: "https://a/" }
      expect: { status: [200, 200-299], answer: true }
      absent: { status: [404, 404-410], answer: true }
      time_limit: 5s
    undo:
      call: { method: DELETE, url: "https://a/", headers: { A: "x" } }
      expect: { status: [200, 200-299], answer: true }
      time_limit: 5s
      output_max: 1
      sensitive: false
      confirm:
        call: { method: GET, url: "https://a/" }
        expect: { status: [200, 200-299], answer: true }
        absent: { status: [404, 404-410], answer: true }
        time_limit: 5s
  - call: { method: POST, url: "https://a/" }
    undo: none
  - call: { method: POST, url: "https://a/", body: "x" }
    name: a
    output: { a: text, b: [address] }
  - call: { method: POST, url: "https://a/", body: "x" }
    for_each: [a]
    at_most: 4
  - call: { method: POST, url: "https://a/", input: true }
    when: true
  - wait: 1h
    when: true
  - notify: a
    text: "x"
    title: "x"
    severity: high
    when: true
  - approve: { team: a, text: x, expires: 4h, quorum: 2 }
    when: true
  - exec: [/a]
    name: look
    output: { a: text, b: [address] }
    when: true
  - exec: [/a, "${ each }"]
    for_each: finding.differs
    at_most: 4
  - call: { url: "https://a/${ each }" }
    for_each: finding.differs
    at_most: 4
  - exec: [/a, "${ each }"]
    for_each: [a]
  - when: true
    then: [{ ensure: desired, name: b, when: true }]
    else: [{ when: true, then: [{ wait: 1h }] }]
finally: [{ exec: [/a] }, { call: { url: "https://a/" } }, { notify: a, text: "x" }]
)",
                                      R"(
workflow: b
owner: o
answers: a
guards: { budget: a, oscillation: off }
steps: [{ ensure: desired }]
)"};
inline constexpr std::array nodes{R"(
listen: 127.0.0.1:7480
socket: { group: adm }
root: /srv
destinations:
  - { host: a.example.org, ports: [443, 587], networks: [10.0.0.0/8], plain: false, ca: /a }
limits: { runs: 128, waiting: 10000, findings: 30000, subjects: 50000, subject: 2, held: 1000, drivers: { file: 32, exec: 8, call: 8 } }
tests: required
retention: { records: 400d, contents: 30d, sensitive: 7d, size_mib: 4096 }
secrets: { a: { environment: A } }
witness: [{ file: /a }, { syslog: true, socket: /a }, { http: "https://a.example.org/w", key: "w+36958a78+BAMQOfMVOvJWHgLnKqZqZUCvdVHBK9dZgmFnDjkIYnoH" }]
notify:
  default: [a]
  a:
    webhook: { url: "https://a.example.org/", secret: a }
    retry: { first: 1s, longest: 5m, give_up: 24h }
    rate: { messages: 60, within: 1m }
    queue: 1000
    time_limit: 30s
  b: { slack: { url: { secret: a, prefix: "x" } } }
  c: { syslog: { facility: daemon, tag: aright, socket: /a } }
  d: { program: [/a, 1, 1.5, true] }
  e:
    smtp: { server: "a.example.org:587", tls: starttls, from: a@example.org, to: [b@example.org], user: a, password: a }
teams:
  a:
    members: [user:a, group:b]
    quorum: 1
    separate: true
    notifiers: [a]
    ladder: [{ after: 1m, notify: [a], team: a }]
budgets:
  a: { subjects: 20, within: 10m }
  b: { percent: 5%, population: { control: c }, within: 10m }
)",
                                  R"(
notify:
  default: a
  a: { syslog: {} }
)"};

inline constexpr std::array fixtures{R"(
test: a
at: 2026-01-01T00:00:00Z
states: { /a: { content: "x" } }
happens:
  - { after: 1m, states: { /a: { absent: true } } }
  - { source: a, line: "x", times: 5, every: 1s }
  - { source: a, event: { a: 1 } }
  - source: a
    read:
      time: 2026-01-01T00:00:00Z
      log_sources: [{ category: a, product: a, service: a }]
      outsider: [{ name: a, type: address }]
      no_time: { field: a, there: true, out_of_range: true }
      data: '{"a":1}'
  - { approve: a, subject: "file:/a", reason: x, by: a, groups: [a] }
  - { deny: a }
  - { waive: a, subject: "file:/a", lasts: 1d }
refused: { /a: x, /b: 1, /c: 1.5, /d: true, /e: [x, 1, 1.5, true, null] }
programs: [{ starts_with: [/a], exit: 1, output: x, errors: x, times: 1 }]
calls: [{ method: GET, url: "https://a/", status: 200, answer: x, times: 1 }]
lasts: 1m
expect:
  findings: [{ control: a, state: open, severity: low }]
  runs: [{ workflow: a, state: failed, mode: auto }]
  verdicts: [{ workflow: a, verdict: hold }]
  plans: [{ workflow: a }]
  effects: [{ workflow: a }]
  reviews: [{ workflow: a, state: open }]
  states: { /a: { content: "x" } }
)"};

}  // namespace aright::cli::models

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::change {

inline constexpr Stage kStage = Stage::change;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;
inline constexpr std::string_view kLater = "validation-failure";
inline constexpr std::string_view kFetch = "sts-policy-fetch-error";

inline constexpr CommandTemplate kDigTlsa =
    "dig {dns}+dnssec +noall +answer +comments -q {tlsa} TLSA";

inline constexpr FindingRow kRows[] = {
    {"sts-removed-while-cached", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "The record and the policy were removed without first publishing mode none, while senders "
     "still hold the old policy and apply it.",
     "If the removal was a mistake, restore the policy, then the record; otherwise remove them in "
     "the safe order, which begins with mode none: mtasts-exporter plan remove <domain>.",
     kHistory},
    {"sts-removed-before-expiry", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "The record was removed after a policy of mode none, but before every older policy had "
     "expired from sender caches.",
     "Publish the policy of mode none, then the record again, until the given date.", kHistory},
    {"sts-mode-downgrade-to-absent", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "The record of a domain in mode enforce was removed, so senders without a cached policy "
     "deliver without MTA-STS.",
     "Publish the record again, or remove MTA-STS in the safe order: mtasts-exporter plan remove "
     "<domain>.",
     kDigRecord},
    {"sts-mode-downgrade-enforce-testing", kStage, W, W, kNone, "", "RFC 8461 §3.2, §5",
     "The mode was lowered from enforce to testing: senders report failures but still deliver.",
     "Confirm that the change is intended; if not, publish mode enforce, then a new id.",
     kCurlPolicy},
    {"sts-mode-downgrade-enforce-none", kStage, W, W, kNone, "", "RFC 8461 §3.2, §8.3",
     "The mode was lowered from enforce to none: senders deliver as if there were no policy.",
     "Confirm that the change is intended; if not, publish mode enforce, then a new id.",
     kCurlPolicy},
    {"sts-policy-flapping", kStage, W, W, kNone, "", "RFC 8461 §3.3, §10.2",
     "The served policy alternates between versions, so the version that a sender caches is a "
     "matter of chance.",
     "Make every server and cache of the policy host serve the same file.", kCurlPolicy},
    {"sts-body-changed-id-same", kStage, W, W, kNone, kLater, "RFC 8461 §3.1, §8.1",
     "The policy changed but the id did not, so senders with the old policy do not fetch the new "
     "one.",
     "If the policy served now is the intended one and covers every MX host, publish a new id in "
     "the record.",
     kDigRecord},
    {"sts-id-changed-before-body", kStage, W, W, kNone, kLater, "RFC 8461 §8.1",
     "The id changed before the policy did, so senders may have cached the old policy under the "
     "new id.",
     "Publish another new id, now that the new policy is in place, if it covers every MX host.",
     kDigRecord},
    {"sts-id-reused", kStage, W, W, kNone, kLater, "RFC 8461 §3.1",
     "The id was used before, so senders that cached the policy of that time do not fetch the new "
     "one.",
     "Publish an id that was never used before.", kDigRecord},
    {"sts-id-went-backwards", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The new id is a lower number than the previous one; ids have no order, but this may be an "
     "old copy of the zone.",
     "Make sure that the latest version of the zone is being served.", kDigRecord},
    {"sts-id-changed-body-same", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The id changed but the policy did not; senders fetch the policy again, which does no harm.",
     "No action is needed, unless the policy was meant to change as well.", kCurlPolicy},
    {"sts-max-age-reduced", kStage, W, W, kNone, "", "RFC 8461 §3.2, §10.2",
     "max_age was lowered: senders that cannot refresh the policy lose its protection sooner.",
     "Confirm that the change is intended, for example before a rollback; if not, publish the "
     "longer max_age and a new id.",
     kCurlPolicy},
    {"sts-max-age-raised", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "max_age was raised: a mistake in the policy would now last longer as well.",
     "No action is needed if the change is intended.", kCurlPolicy},
    {"sts-cache-window-open", kStage, I, I, kNone, "", "RFC 8461 §5.1",
     "Senders may still hold a policy that differs from the current one.",
     "Until the given date, keep MX hosts that the old policy covers in operation.", kHistory},
    {"sts-ready-for-next-phase", kStage, I, I, kNone, "", "RFC 8461 §5, §10.2",
     "Nothing speaks against the next step of the rollout, which makes the policy stricter or lets "
     "senders hold it for longer.",
     "Publish the policy and the record that mtasts-exporter plan enforce <domain> prints.",
     "mtasts-exporter plan enforce {domain}"},
    {"mx-added-not-covered", kStage, C, W, kNone, kLater, "RFC 8461 §4.1, §8.1",
     "An MX host was added that matches no mx pattern of the policy; in mode enforce senders do "
     "not deliver to it.",
     "If the MX record names the right host, add an mx line for it to the policy, then publish a "
     "new id.",
     kDigMx},
    {"mx-changed-inside-cache-window", kStage, C, W, kNone, kLater, "RFC 8461 §5.1, §8.1",
     "An MX host was added that an older policy does not cover, and senders may still hold that "
     "policy.",
     "Keep an MX host that the old policy covers until the given date.", kDigMx},
    {"cert-key-changed-tlsa-not", kStage, C, C, kNone, kLater, "RFC 7671 §8.1, RFC 7672 §4",
     "The certificate of an MX host changed, but its TLSA records did not, so senders with DANE "
     "deliver nothing to it.",
     "Install the previous key again, or publish the record of the new one and wait two TTLs; next "
     "time publish it before the key changes.",
     kDigTlsa},
    {"cert-issuer-changed", kStage, I, I, kNone, "", "RFC 7671 §5.2, RFC 8659 §4",
     "The certificate of the policy host or of an MX host is now issued by another CA.",
     "Check that CAA records allow the new CA, and that TLSA records of usage 0 or 2 name it.",
     kHistory},
    {"mx-removed", kStage, I, I, kNone, "", "RFC 8461 §8.1",
     "An MX host was removed from the MX records.",
     "Remove its mx line from the policy once senders no longer use the host.", kDigMx},
    {"mx-set-flapping", kStage, W, W, kNone, "", "RFC 5321 §5.1, RFC 8461 §8.1",
     "The MX records alternate between different sets of hosts, so which hosts a sender uses is a "
     "matter of chance.",
     "Make sure that every authoritative server has the same MX records.", kDigMx},
    {"mx-provider-changed", kStage, W, W, kNone, "", "RFC 8461 §8.1",
     "All MX hosts now belong to another mail provider than before.",
     "Confirm that the move is intended; if not, restore the MX records and find out who changed "
     "the zone.",
     kDigMx},
    {"sts-change-unchecked", kStage, U, U, kNone, "", "RFC 8461 §3.1",
     "Record or policy could not be observed, so it is not known whether they changed.",
     "Follow the finding of stage record or policy_fetch that says why.", kHistory},
};

}  // namespace mtasts::verdict::rows::change

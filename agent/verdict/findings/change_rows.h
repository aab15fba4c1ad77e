// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::change {

inline constexpr Stage kStage = Stage::change;
inline constexpr Channel kNone = Channel::none;
inline constexpr std::string_view kLater = "validation-failure";
inline constexpr std::string_view kFetch = "sts-policy-fetch-error";

inline constexpr FindingRow kRows[] = {
    {"sts-removed-while-cached", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "Record and policy are gone without a policy of mode none, while senders still hold the old "
     "one and apply it.",
     "Restore record and policy, then remove them in order: mtasts-exporter plan remove <domain>.",
     kHistory},
    {"sts-removed-before-expiry", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "The record was removed after a policy of mode none, but before every older policy had "
     "expired at senders.",
     "Publish the record and the policy of mode none again until the date given.", kHistory},
    {"sts-mode-downgrade-to-absent", kStage, C, C, kNone, kFetch, "RFC 8461 §8.3",
     "The record of a domain in mode enforce is gone, so senders that hold no policy deliver "
     "without one.",
     "Publish the record again, or remove MTA-STS in order: mtasts-exporter plan remove <domain>.",
     kDigRecord},
    {"sts-mode-downgrade-enforce-testing", kStage, W, W, kNone, "", "RFC 8461 §3.2, §5",
     "The mode fell from enforce to testing: senders report failures but deliver all the same.",
     "Confirm that the change was meant; if not, publish mode enforce and a new id.", kCurlPolicy},
    {"sts-mode-downgrade-enforce-none", kStage, W, W, kNone, "", "RFC 8461 §3.2, §8.3",
     "The mode fell from enforce to none: senders deliver as if there were no policy.",
     "Confirm that the change was meant; if not, publish mode enforce and a new id.", kCurlPolicy},
    {"sts-policy-flapping", kStage, W, W, kNone, "", "RFC 8461 §3.3, §10.2",
     "The served policy goes back and forth, so which one a sender holds is left to chance.",
     "Let every server and cache behind the policy host serve the same file.", kCurlPolicy},
    {"sts-body-changed-id-same", kStage, W, W, kNone, kLater, "RFC 8461 §3.1, §8.1",
     "The policy changed under the same id, so senders that hold the old one do not look for the "
     "new one.",
     "Publish a new id in the record.", kDigRecord},
    {"sts-id-changed-before-body", kStage, W, W, kNone, kLater, "RFC 8461 §8.1",
     "The id changed before the policy did, so senders may hold the old policy under the new id.",
     "Publish another new id now that the policy is in place.", kDigRecord},
    {"sts-id-reused", kStage, W, W, kNone, kLater, "RFC 8461 §3.1",
     "The id was in use before, so senders that hold the policy of that time do not look for the "
     "new one.",
     "Publish an id that was never used.", kDigRecord},
    {"sts-id-went-backwards", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The id is a lower number than the one before; ids have no order, but it may come from an "
     "old copy of the zone.",
     "See that the zone's newest version is the one that is served.", kDigRecord},
    {"sts-id-changed-body-same", kStage, I, I, kNone, "", "RFC 8461 §3.1",
     "The id changed while the policy stayed; senders fetch it once more, which does no harm.",
     "Nothing, unless a policy change was meant to go with it.", kCurlPolicy},
    {"sts-max-age-reduced", kStage, W, W, kNone, "", "RFC 8461 §3.2, §10.2",
     "max_age is shorter than before: the protection of senders that cannot fetch ends earlier.",
     "Confirm that it was meant, as before a rollback; if not, publish the longer max_age and a "
     "new id.",
     kCurlPolicy},
    {"sts-max-age-raised", kStage, I, I, kNone, "", "RFC 8461 §3.2",
     "max_age is longer than before: a mistake in the policy would now last longer, too.",
     "Nothing, if it was meant.", kCurlPolicy},
    {"sts-cache-window-open", kStage, I, I, kNone, "", "RFC 8461 §5.1",
     "Senders may still hold a policy that differs from today's.",
     "Keep what the old policy allows working until the date given.", kHistory},
    {"mx-added-not-covered", kStage, C, W, kNone, kLater, "RFC 8461 §4.1, §8.1",
     "An MX host was added that no mx pattern of the policy matches; in mode enforce senders do "
     "not deliver to it.",
     "Add an mx line for the host to the policy, then publish a new id.", kDigMx},
    {"mx-changed-inside-cache-window", kStage, C, W, kNone, kLater, "RFC 8461 §5.1, §8.1",
     "An MX host was added that an older policy does not match, and senders may still hold that "
     "policy.",
     "Keep an MX host that the old policy matches until the date given.", kDigMx},
    {"mx-removed", kStage, I, I, kNone, "", "RFC 8461 §8.1",
     "An MX host is no longer among the MX records.",
     "Remove its mx line from the policy once no sender needs it.", kDigMx},
};

}  // namespace mtasts::verdict::rows::change

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/tlsrpt_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/text/characters.h"
#include "protocol/text/fault_list.h"
#include "protocol/text/tag_list.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kShown_bytes = 80;

constexpr TagListDialect kDialect = {
    "v=TLSRPTv1",
    "tlsrpt",
    "rua",
    "TLSRPT",
    "tlsrpt-syntax",
    "tlsrpt-version-invalid",
    "tlsrpt-version-invalid",
    "tlsrpt-space-before-semicolon",
    "tlsrpt-syntax",
    false,
    false,
};

// RFC 3986 §2: reserved, unreserved or "%".
bool is_uri_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

// RFC 3986 §3.1; empty when `uri` has no scheme.
std::string_view scheme_of(std::string_view uri) {
  size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view scheme = uri.substr(0, colon);
  auto inner = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
  return !is_digit(scheme[0]) && is_alphanumeric(scheme[0]) && all_of(scheme, inner)
             ? scheme
             : std::string_view();
}

struct Complaint {
  FindingCode code;
  std::string message;
  std::string fix;
};

// RFC 3986 §2.1: "%" and two hexadecimal digits.
size_t bad_percent(std::string_view uri) {
  for (size_t at = uri.find('%'); at != std::string_view::npos; at = uri.find('%', at + 1))
    if (at + 2 >= uri.size() || !is_hex_digit(uri[at + 1]) || !is_hex_digit(uri[at + 2])) return at;
  return std::string_view::npos;
}

std::optional<Complaint> complaint_about_characters(std::string_view uri) {
  if (size_t mark = uri.find('!'); mark != std::string_view::npos) {
    bool size_limit = mark + 1 < uri.size() && is_digit(uri[mark + 1]);
    return Complaint{
        "tlsrpt-rua-unencoded",
        fmt::format("the URI {} contains an unencoded \"!\"", quoted(uri, kShown_bytes)),
        size_limit ? fmt::format("write {}; only DMARC has size limits",
                                 printable(uri.substr(0, mark), kShown_bytes))
                   : std::string("write %21 instead of \"!\"")};
  }
  auto bad = std::find_if_not(uri.begin(), uri.end(), is_uri_character);
  if (bad != uri.end()) {
    auto offset = static_cast<size_t>(bad - uri.begin());
    return Complaint{
        "tlsrpt-syntax",
        fmt::format("\"{}\" is not allowed in the URI {}",
                    printable(first_character(uri.substr(offset)), 8), quoted(uri, kShown_bytes)),
        is_blank(*bad) ? "separate URIs with a comma"
                       : "remove the character or percent-encode it"};
  }
  if (bad_percent(uri) != std::string_view::npos)
    return Complaint{"tlsrpt-syntax",
                     fmt::format("there is a \"%\" without two hexadecimal digits in the URI {}",
                                 quoted(uri, kShown_bytes)),
                     "write a percent sign as %25"};
  return std::nullopt;
}

// RFC 6068 §2 for mailto, RFC 9110 §4.2.2 for https.
std::optional<Complaint> complaint_about_target(std::string_view uri, std::string_view scheme) {
  std::string_view target = uri.substr(scheme.size() + 1);
  std::string_view address = target.substr(0, target.find('?'));
  if (equals_ignoring_case(scheme, "mailto")) {
    size_t at = address.find('@');
    bool slashes = address.substr(0, 2) == "//";
    if (slashes || at == 0 || at == std::string_view::npos || at + 1 == address.size())
      return Complaint{
          "tlsrpt-syntax", fmt::format("{} contains no mail address", quoted(uri, kShown_bytes)),
          slashes ? fmt::format("write mailto:{}", printable(target.substr(2), kShown_bytes))
                  : std::string("write mailto: and a complete address")};
  }
  if (equals_ignoring_case(scheme, "https") &&
      (target.substr(0, 2) != "//" || target.find_first_not_of("/?#:@") != 2))
    return Complaint{"tlsrpt-syntax",
                     fmt::format("{} contains no host name", quoted(uri, kShown_bytes)),
                     "write https:// and a host name"};
  return std::nullopt;
}

class TlsrptRecordReader {
 public:
  explicit TlsrptRecordReader(std::string_view text) { record_.text = text; }

  TlsrptRecord read() {
    if (auto fields = read_tag_list(record_.text, kDialect, faults_)) {
      for (const TagField& field : *fields) take_field(field, &field == &fields->front());
      if (!rua_seen_) miss_rua(*fields);
    }
    record_.valid = !faults_.outside_grammar();
    record_.faults = faults_.take();
    return std::move(record_);
  }

 private:
  void take_field(const TagField& field, bool first) {
    if (field.name != kDialect.required_field) {
      check_extension_value(field, kDialect, faults_);
    } else if (rua_seen_) {
      faults_.advise(
          "tlsrpt-rua-duplicate", 1, field.name_column,
          fmt::format("there is a second rua field with {}", quoted(field.value, kShown_bytes)),
          "write all URIs in one rua field, separated by commas",
          SenderDifference::tlsrpt_second_rua);
      // The URIs of a later rua are ignored, but a fault in them violates the ABNF.
      read_uris(field, false);
    } else {
      rua_seen_ = true;
      if (!first)
        faults_.advise("tlsrpt-rua-not-first", 1, field.name_column,
                       "there is another field before rua; every tested sender reads rua where it "
                       "is the first",
                       "move rua directly after the version");
      read_uris(field, true);
    }
  }

  void read_uris(const TagField& field, bool keep) {
    if (field.value.empty()) {
      faults_.error("tlsrpt-rua-missing", 1, field.value_column, "the rua field is empty",
                    "write rua=mailto: and the address that receives the reports");
      return;
    }
    bool blanks = false;
    for (size_t begin = 0; begin <= field.value.size();) {
      size_t comma = std::min(field.value.find(',', begin), field.value.size());
      std::string_view piece = field.value.substr(begin, comma - begin);
      std::string_view uri = without_blanks_around(piece);
      blanks = blanks || uri.size() < piece.size();
      auto offset = static_cast<int>(
          uri.empty() ? begin : static_cast<size_t>(uri.data() - field.value.data()));
      take_uri(uri, field.value_column + offset, keep);
      begin = comma + 1;
    }
    if (blanks)
      faults_.advise("tlsrpt-rua-spaces", 1, field.value_column,
                     "there is whitespace around a comma in rua; every tested sender reads URIs "
                     "without it",
                     "remove the whitespace around the commas");
  }

  void take_uri(std::string_view uri, int column, bool keep) {
    if (uri.empty()) {
      faults_.error(kDialect.syntax_code, 1, column,
                    "there is no URI before or after a comma in rua", "remove the comma");
      return;
    }
    std::string_view scheme = scheme_of(uri);
    if (scheme.empty()) {
      bool address = uri.find('@') != std::string_view::npos;
      faults_.error("tlsrpt-rua-scheme", 1, column,
                    fmt::format("{} is not a URI: it has no scheme", quoted(uri, kShown_bytes)),
                    address ? fmt::format("write mailto:{}", printable(uri, kShown_bytes))
                            : std::string("write mailto:address or https://host/path; write a "
                                          "comma inside a URI as %2C"));
      return;
    }
    if (keep && record_.rua.size() < kMostRua) record_.rua.emplace_back(uri);
    auto complaint = complaint_about_characters(uri);
    if (!complaint) complaint = complaint_about_target(uri, scheme);
    if (complaint) {
      faults_.error(complaint->code, 1, column, std::move(complaint->message),
                    std::move(complaint->fix));
    } else if (!equals_ignoring_case(scheme, "mailto") && !equals_ignoring_case(scheme, "https")) {
      faults_.add({"tlsrpt-rua-scheme", FaultClass::unusable, 1, column,
                   fmt::format("the scheme of {} is neither mailto nor https, so nobody reports to "
                               "it",
                               quoted(uri, kShown_bytes)),
                   equals_ignoring_case(scheme, "http")
                       ? fmt::format("write https{}", printable(uri.substr(4), kShown_bytes))
                       : std::string("write a mailto: or https: URI")});
    } else {
      advise_on_fragile(uri, scheme, column);
    }
  }

  // Valid URIs that a tested reader spoils or refuses.
  void advise_on_fragile(std::string_view uri, std::string_view scheme, int column) {
    auto advise = [&](std::string_view what, std::string fix, SenderDifference difference) {
      faults_.advise("tlsrpt-rua-fragile", 1, column,
                     fmt::format("the URI {} has {}", quoted(uri, kShown_bytes), what),
                     std::move(fix), difference);
    };
    std::string_view target = uri.substr(scheme.size() + 1);
    bool mail = equals_ignoring_case(scheme, "mailto");
    if (size_t query = target.find('?'); mail && query != std::string_view::npos)
      advise("a query",
             fmt::format("write mailto:{}", printable(target.substr(0, query), kShown_bytes)),
             SenderDifference::tlsrpt_query);
    std::string_view authority = target.substr(std::min<size_t>(2, target.size()));
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (!mail && authority.find('@') != std::string_view::npos)
      advise("a user name", "use a URI that needs no user name or password",
             SenderDifference::tlsrpt_user);
    if (uri.find('=') != std::string_view::npos)
      advise("an equals sign", "use a URI without \"=\", or a mailto: address beside it",
             SenderDifference::tlsrpt_equals);
  }

  void miss_rua(const std::vector<TagField>& fields) {
    for (const TagField& field : fields) {
      if (!equals_ignoring_case(field.name, kDialect.required_field)) continue;
      faults_.error("tlsrpt-rua-missing", 1, field.name_column,
                    fmt::format("the field is written \"{}\", but field names are case-sensitive",
                                field.name),
                    "write rua=");
      if (!field.value.empty()) read_uris(field, true);
      return;
    }
    faults_.error("tlsrpt-rua-missing", 1, static_cast<int>(record_.text.size()) + 1,
                  "the record has no rua field",
                  "add rua=mailto: and the address that receives the reports");
  }

  TlsrptRecord record_;
  FaultList faults_;
  bool rua_seen_ = false;
};

}  // namespace

TlsrptRecord parse_tlsrpt_record(std::string_view text) { return TlsrptRecordReader(text).read(); }

namespace {

// The version, blanks, and then the semicolon: the texts that only some readers discard.
std::vector<std::string> spaced_of(const std::vector<std::string>& texts) {
  std::vector<std::string> spaced;
  for (const std::string& text : texts) {
    if (!text.starts_with(kDialect.version)) continue;
    std::string_view rest = std::string_view(text).substr(kDialect.version.size());
    if (without_leading_blanks(rest).starts_with(';')) spaced.push_back(text);
  }
  return spaced;
}

}  // namespace

TlsrptRecordSet read_tlsrpt_records(const std::vector<std::string>& texts) {
  using Status = TlsrptRecordSet::Status;
  TagListChoice choice = choose_tag_list(texts, kDialect);
  TlsrptRecordSet set;
  set.unrelated = std::move(choice.unrelated);
  if (choice.status == TagListChoice::Status::one) set.counted_by_some = spaced_of(set.unrelated);
  if (choice.status == TagListChoice::Status::multiple) set.status = Status::multiple;
  if (choice.status == TagListChoice::Status::one) {
    set.record = parse_tlsrpt_record(texts[choice.index]);
    set.status = set.record.valid ? Status::found : Status::invalid;
  }
  return set;
}

}  // namespace mtasts::protocol

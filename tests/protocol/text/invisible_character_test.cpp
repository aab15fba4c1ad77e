// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/invisible_character.h"

#include <gtest/gtest.h>

#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"

namespace mtasts::protocol {
namespace {

struct Case {
  std::string octets;
  const char* code_point;
};
const Case kCases[] = {
    {"\xC2\xA0", "U+00A0"},         {"\xC2\xAD", "U+00AD"},          {"\xE2\x80\x8B", "U+200B"},
    {"\xE2\x80\x8C", "U+200C"},     {"\xE2\x80\x8D", "U+200D"},      {"\xE2\x80\x8E", "U+200E"},
    {"\xE2\x80\x8F", "U+200F"},     {"\xE2\x80\xAA", "U+202A"},      {"\xE2\x80\xAE", "U+202E"},
    {"\xE2\x80\xAF", "U+202F"},     {"\xE2\x81\xA0", "U+2060"},      {"\xE2\x81\xA6", "U+2066"},
    {"\xE3\x80\x80", "U+3000"},     {"\xEF\xBB\xBF", "U+FEFF"},      {"\xE2\x80\x83", "U+2003"},
    {"\xA0", "U+00A0, in Latin-1"}, {"\xAD", "U+00AD, in Latin-1"},  {"\xEF\xB8\x8F", "U+FE0F"},
    {"\xE2\x80\xA8", "U+2028"},     {"\xF3\xA0\x80\xA0", "U+E0020"}, {"\xD8\x9C", "U+061C"},
};

const SyntaxFault* fault_of(const std::vector<SyntaxFault>& faults, std::string_view code) {
  for (const SyntaxFault& fault : faults)
    if (fault.code.text() == code) return &fault;
  return nullptr;
}

TEST(InvisibleCharacter, IsNamedByItsCodePoint) {
  for (const Case& test : kCases) {
    const auto found = find_invisible("mode:" + test.octets + "enforce");
    ASSERT_TRUE(found.has_value()) << test.code_point;
    EXPECT_EQ(found->offset, 5u) << test.code_point;
    EXPECT_EQ(found->size, test.octets.size()) << test.code_point;
    EXPECT_NE(found->name.find(test.code_point), std::string::npos) << found->name;
  }
  for (const char* visible : {"", "mode: enforce",
                              "b\xC3\xBC"
                              "cher",
                              "\xE2\x82\xAC", "\xF0\x9F\x93\xA7", "\xE4", "\xFF\xFE"})
    EXPECT_FALSE(find_invisible(visible).has_value()) << visible;
}

TEST(InvisibleCharacter, IsTheOnlyFaultOfItsLine) {
  for (const Case& test : kCases) {
    for (const std::string& line :
         {test.octets + "mode: enforce", "mo" + test.octets + "de: enforce",
          "mode" + test.octets + ": enforce", "mode:" + test.octets + "enforce",
          "mode: enforce" + test.octets}) {
      const StsPolicy policy = parse_sts_policy("version: STSv1\r\n" + line +
                                                "\r\nmx: mx1.example.com\r\nmax_age: 1209600\r\n");
      EXPECT_FALSE(policy.valid) << line;
      const SyntaxFault* fault = fault_of(policy.faults, "sts-policy-invisible-character");
      ASSERT_NE(fault, nullptr) << line;
      EXPECT_EQ(fault->line, 2);
      EXPECT_EQ(fault->column, static_cast<int>(line.find(test.octets)) + 1) << line;
      EXPECT_NE(fault->message.find(test.code_point), std::string::npos) << fault->message;
      // A blank inside a name is a fault of its own.
      if (find_invisible(test.octets)->blank && line.starts_with("mo" + test.octets)) continue;
      if (find_invisible(test.octets)->blank && line.starts_with("mode" + test.octets)) continue;
      EXPECT_EQ(policy.faults.size(), 1u) << line << ": " << policy.faults.back().message;
      EXPECT_EQ(fault->fix.find("retype the line: mode:"), 0u) << fault->fix;
      EXPECT_FALSE(find_invisible(fault->fix).has_value()) << fault->fix;
      EXPECT_EQ(policy.mode, Mode::enforce);
    }
  }
}

TEST(InvisibleCharacter, OnALineOfItsOwn) {
  const StsPolicy policy =
      parse_sts_policy("version: STSv1\r\n\xC2\xA0\r\nmode: none\r\nmax_age: 1209600\r\n");
  ASSERT_NE(fault_of(policy.faults, "sts-policy-invisible-character"), nullptr);
  EXPECT_EQ(fault_of(policy.faults, "sts-policy-syntax"), nullptr);
}

TEST(InvisibleCharacter, IsAllowedInTheValueOfAnExtension) {
  const StsPolicy policy = parse_sts_policy(
      "version: STSv1\r\nmode: none\r\nmax_age: 1209600\r\nnote: a\xC2\xA0"
      "b\r\n");
  EXPECT_TRUE(policy.valid);
}

TEST(InvisibleCharacter, IsNamedInARecord) {
  struct RecordCase {
    const char* text;
    const char* code;
  };
  for (const RecordCase& test : {RecordCase{"\xC2\xA0v=STSv1; id=1;", "sts-txt-syntax"},
                                 RecordCase{"v=STSv1;\xC2\xA0id=1;", "sts-txt-syntax"},
                                 RecordCase{"v=STSv1; i\xC2\xA0"
                                            "d=1;",
                                            "sts-txt-syntax"},
                                 RecordCase{"v=STSv1; id=1; x=a\xC2\xA0;", "sts-txt-syntax"},
                                 RecordCase{"v=STSv1\xC2\xA0; id=1;", "sts-txt-version-invalid"},
                                 RecordCase{"v=STSv1; id=1\xC2\xA0;", "sts-txt-id-invalid"}}) {
    const StsRecord record = parse_sts_record(test.text);
    const SyntaxFault* fault = fault_of(record.faults, test.code);
    ASSERT_NE(fault, nullptr) << test.text;
    EXPECT_NE(fault->message.find("a no-break space (U+00A0)"), std::string::npos)
        << fault->message;
  }
}

TEST(PolicyKeyTypo, NamesTheFieldThatWasMeant) {
  struct TypoCase {
    const char* line;
    const char* meant;
    const char* missing;
  };
  for (const TypoCase& test :
       {TypoCase{"mdoe: enforce", "mode", "sts-policy-mode-missing"},
        TypoCase{"modes: enforce", "mode", "sts-policy-mode-missing"},
        TypoCase{"Mod: testing", "mode", "sts-policy-mode-missing"},
        TypoCase{"max_ages: 604800", "max_age", "sts-policy-max-age-missing"},
        TypoCase{"max-age: 604800", "max_age", "sts-policy-max-age-missing"},
        TypoCase{"maxage: 604800", "max_age", "sts-policy-max-age-missing"},
        TypoCase{"max_aeg: 604800", "max_age", "sts-policy-max-age-missing"},
        TypoCase{"mxs: mx1.example.com", "mx", "sts-policy-mx-missing"},
        TypoCase{"versoin: STSv1", "version", "sts-policy-version-missing"}}) {
    std::string body;
    for (const char* line :
         {"version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 1209600"})
      body +=
          std::string(std::string_view(line).starts_with(std::string(test.meant) + ":") ? test.line
                                                                                        : line) +
          "\r\n";
    const StsPolicy policy = parse_sts_policy(body);
    const SyntaxFault* typo = fault_of(policy.faults, "sts-policy-key-typo");
    ASSERT_NE(typo, nullptr) << test.line;
    EXPECT_NE(typo->message.find(std::string("did you mean ") + test.meant), std::string::npos);
    const SyntaxFault* missing = fault_of(policy.faults, test.missing);
    ASSERT_NE(missing, nullptr) << test.line;
    EXPECT_EQ(missing->line, typo->line);
    EXPECT_EQ(missing->fix.find(std::string("write ") + test.meant + ": "), 0u) << missing->fix;
  }
}

TEST(PolicyKeyTypo, BesideTheRightFieldIsNoError) {
  for (const char* line : {"max-age: 1", "mdoe: none", "mxs: mx2.example.com", "maxage: 1"}) {
    const StsPolicy policy =
        parse_sts_policy("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\n" +
                         std::string(line) + "\r\nmax_age: 1209600\r\n");
    EXPECT_TRUE(policy.valid) << line;
    ASSERT_EQ(policy.faults.size(), 1u) << line;
    EXPECT_EQ(policy.faults[0].code.text(), "sts-policy-key-typo");
    EXPECT_EQ(policy.max_age_seconds, 1209600u);
  }
}

TEST(PolicyKeyTypo, OtherNamesAreExtensions) {
  for (const char* line :
       {"more: x", "code: 5", "node: a.example", "mt: 1", "ax: x", "models: none"}) {
    const StsPolicy policy = parse_sts_policy(
        "version: STSv1\r\nmode: none\r\nmax_age: 1209600\r\n" + std::string(line) + "\r\n");
    EXPECT_EQ(fault_of(policy.faults, "sts-policy-key-typo"), nullptr) << line;
    EXPECT_NE(fault_of(policy.faults, "sts-policy-unknown-field"), nullptr) << line;
  }
}

TEST(PolicyFormat, OtherFormatsAreNamed) {
  struct FormatCase {
    std::string body;
    const char* word;
  };
  for (const FormatCase& test :
       {FormatCase{"\x1F\x8B\x08", "gzip"}, FormatCase{"PK\x03\x04xx", "ZIP"},
        FormatCase{"{\\rtf1 version: STSv1}", "RTF"}, FormatCase{"%PDF-1.4", "PDF"}}) {
    const StsPolicy policy = parse_sts_policy(test.body);
    ASSERT_EQ(policy.faults.size(), 1u) << test.word;
    EXPECT_EQ(policy.faults[0].code.text(), "sts-policy-syntax");
    EXPECT_NE(policy.faults[0].message.find(test.word), std::string::npos);
  }
}

}  // namespace
}  // namespace mtasts::protocol

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A strict reader of the agent's pages: nothing but the elements and attributes that the pages use,
// all of them closed in order, every "&" a known reference. Whatever markup a stranger gets into a
// page is therefore a fault, or at least not the text that it was.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::cli {

class StrictHtml {
 public:
  explicit StrictHtml(std::string_view page) : rest_(page) { read(); }

  const std::string& fault() const { return fault_; }  // empty: none
  const std::string& text() const { return text_; }    // references decoded; elements are spaces
  // Attribute values, decoded.
  const std::vector<std::string>& links() const { return links_; }

 private:
  bool fail(std::string_view what) {
    if (fault_.empty()) fault_ = std::string(what) + " before: " + std::string(rest_.substr(0, 80));
    return false;
  }

  void read() {
    if (!take("<!doctype html>\n")) {
      fail("no doctype");
      return;
    }
    while (!rest_.empty() && fault_.empty()) {
      if (rest_.front() == '<')
        element();
      else
        character(text_);
    }
    if (!open_.empty()) fail("not closed: " + open_.back());
  }

  bool take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool character(std::string& out) {
    static const std::map<std::string_view, std::string_view> kReferences = {
        {"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
        {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}};
    if (rest_.front() == '&') {
      for (const auto& [reference, meaning] : kReferences)
        if (take(reference)) {
          out += meaning;
          return true;
        }
      return fail("an ampersand that begins no reference");
    }
    if (rest_.front() == '>') return fail("a bare >");
    out += rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  std::string word() {
    auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    const auto* end = std::find_if_not(rest_.begin(), rest_.end(), plain);
    std::string word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    return word;
  }

  void element() {
    static const std::set<std::string> kElements = {
        "html",   "head",  "meta",  "title", "link",  "style", "body",   "p",      "a",
        "h1",     "h2",    "h3",    "span",  "div",   "code",  "pre",    "br",     "b",
        "strong", "table", "thead", "tbody", "tr",    "td",    "th",     "ul",     "li",
        "dl",     "dt",    "dd",    "form",  "label", "input", "button", "footer", "bdi"};
    static const std::set<std::string> kVoid = {"meta", "link", "br", "input"};
    text_ += ' ';
    if (take("</")) {
      const std::string name = word();
      if (open_.empty() || open_.back() != name || !take(">")) {
        fail("a wrong end: " + name);
        return;
      }
      open_.pop_back();
      return;
    }
    rest_.remove_prefix(1);
    const std::string name = word();
    if (!kElements.contains(name)) {
      fail("an unknown element: " + name);
      return;
    }
    while (take(" ")) {
      if (!attribute()) return;
    }
    if (!take(">")) {
      fail("no end of the tag " + name);
      return;
    }
    if (!kVoid.contains(name)) open_.push_back(name);
    if (name == "style") rest_.remove_prefix(std::min(rest_.find("</style>"), rest_.size()));
  }

  bool attribute() {
    static const std::set<std::string> kAttributes = {
        "lang", "charset", "name",   "content", "rel",       "href",        "class", "colspan",
        "type", "value",   "action", "method",  "maxlength", "placeholder", "role"};
    const std::string name = word();
    if (!kAttributes.contains(name) || !take("=\"")) return fail("an unknown attribute: " + name);
    std::string value;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '<') return fail("a bare < in an attribute");
      if (!character(value)) return false;
    }
    if (!take("\"")) return fail("an attribute without end");
    if (name == "href") links_.push_back(value);
    return true;
  }

  std::string_view rest_;
  std::string fault_;
  std::string text_;
  std::vector<std::string> open_;
  std::vector<std::string> links_;
};

}  // namespace mtasts::cli

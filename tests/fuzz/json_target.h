// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of JsonReader that hold for any input: it reads what nlohmann's reader reads, and the
// same in blocks of any size; see grammar_targets.h.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/octet_source.h"
#include "base/printable.h"
#include "fuzz/promises.h"
#include "protocol/text/json_reader.h"

namespace mtasts::fuzz {

struct JsonReading {
  std::string events;  // of every event a letter, and its text with the length in front
  bool good = false;
  size_t position = 0;        // where it is not good
  bool has_infinity = false;  // a number that is larger than any double

  void add(char kind, std::string_view text = {}) {
    events += kind + std::to_string(text.size()) + ":" + std::string(text);
  }
};

// nlohmann's SAX interface.
class PeerHandler {
 public:
  explicit PeerHandler(JsonReading& reading) : reading_(reading) {}
  bool null() { return add('z'); }
  bool boolean(bool value) { return add(value ? 't' : 'f'); }
  bool number_integer(int64_t value) { return add('#', std::to_string(value)); }
  bool number_unsigned(uint64_t value) { return add('#', std::to_string(value)); }
  bool number_float(double, const std::string& text) { return add('#', text); }
  bool string(const std::string& text) { return add('s', text); }
  bool binary(const nlohmann::json::binary_t&) { return false; }
  bool key(const std::string& text) { return add('k', text); }
  bool start_object(size_t) { return add('{'); }
  bool end_object() { return add('}'); }
  bool start_array(size_t) { return add('['); }
  bool end_array() { return add(']'); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) {
    reading_.position = position;
    reading_.has_infinity = error.id == 406;
    return false;
  }

 private:
  bool add(char kind, std::string_view text = {}) {
    reading_.add(kind, text);
    return true;
  }
  JsonReading& reading_;
};

inline JsonReading json_as_peer(std::string_view text) {
  JsonReading reading;
  PeerHandler handler(reading);
  reading.good = nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
  return reading;
}

class SmallBlocks : public OctetSource {
 public:
  SmallBlocks(std::string_view text, size_t size) : text_(text), size_(size) {}
  std::string_view next_block() override {
    block_ = text_.substr(0, size_);
    text_.remove_prefix(block_.size());
    return block_;  // a copy, so that AddressSanitizer sees who reads an earlier one
  }

 private:
  std::string_view text_;
  size_t size_;
  std::string block_;
};

inline JsonReading json_in_blocks(std::string_view text, size_t size) {
  using Event = protocol::JsonReader::Event;
  constexpr std::string_view kLetters = "{}[]ks#tfz";  // by event
  SmallBlocks blocks(text, size);
  protocol::JsonReader json(blocks);
  JsonReading reading;
  for (;;) {
    const Event event = json.next();
    reading.good = event == Event::end;
    if (event == Event::fault) reading.position = json.position();
    if (event == Event::end || event == Event::fault) return reading;
    const bool has_text = event == Event::name || event == Event::text || event == Event::number;
    std::string_view shown = has_text ? json.text() : std::string_view();
    if (event == Event::number && shown == "-0") shown = "0";
    reading.add(kLetters[static_cast<size_t>(event)], shown);
  }
}

inline std::string broken_json_promise(std::string_view text) {
  // UTF-8 and a byte order mark are for the caller of JsonReader; nlohmann looks for the mark, and
  // counts in its own way where another character begins with the same octet.
  if (!is_utf8(text) || text.starts_with('\xEF')) return {};
  const JsonReading whole = json_in_blocks(text, std::max<size_t>(text.size(), 1));
  for (size_t size : {1, 3, 8, 61}) {
    const JsonReading other = json_in_blocks(text, size);
    if (other.good != whole.good || other.events != whole.events ||
        other.position != whole.position)
      return "JSON that depends on the size of blocks";
  }
  const JsonReading peer = json_as_peer(text);
  if (peer.has_infinity) return {};  // nlohmann stops there
  if (peer.good != whole.good) return "JSON that is good for one reader alone";
  if (peer.events != whole.events) return "JSON that is read in two ways";
  if (peer.position != whole.position) return "JSON with two places of a fault";
  return {};
}

}  // namespace mtasts::fuzz

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/public_suffix.h"

#include <libpsl.h>

#include <algorithm>

#include "base/handle.h"

namespace mtasts {
namespace {

const psl_ctx_t* list() {
  // Falls back to the list that was compiled in.
  static const Handle<psl_ctx_t, psl_free> latest(psl_latest(nullptr));
  return latest != nullptr ? latest.get() : psl_builtin();
}

}  // namespace

bool is_public_suffix(std::string_view name) {
  if (name.empty() || list() == nullptr) return false;
  return psl_is_public_suffix2(list(), std::string(name).c_str(), PSL_TYPE_ANY) == 1;
}

std::string organisational_domain(std::string_view name) {
  // The shortest end of the name that the registries' section does not list.
  size_t begin = name.size();
  while (begin > 0) {
    size_t dot = begin < 2 ? std::string_view::npos : name.rfind('.', begin - 2);
    begin = dot == std::string_view::npos ? 0 : dot + 1;
    std::string end(name.substr(begin));
    if (list() == nullptr || psl_is_public_suffix2(list(), end.c_str(), PSL_TYPE_ICANN) == 0)
      return end;
  }
  return std::string(name);
}

}  // namespace mtasts

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web pages, made on the server, without scripts: the list of domains, worst first, and
// everything known of one domain. Bounded: at most kMostRows domains are listed, the rest is
// counted; texts from the network are cut. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/html.h"

namespace mtasts::present {

inline constexpr size_t kMostRows = 500;

// Where links lead. By default they are relative, which works under any path.
struct PageLinks {
  std::string prefix;        // path prefix of every link, such as "/mtasts"; empty: relative links
  std::string external_url;  // what every absolute link begins with, prefix included and without
                             // a "/" at its end; empty: there are no absolute links
};

// `filter` is what a person typed: part of a domain's name or of a finding's code; empty: all.
std::string index_page(const board::Snapshot& snapshot, std::string_view filter,
                       const PageLinks& links = {});
std::string domain_page(const board::DomainEntry& entry, const PageLinks& links = {});
// One sentence; for pages at "/domains/…".
std::string message_page(std::string_view title, std::string_view sentence,
                         const PageLinks& links = {});

// The address of the list, as markup, for links on a page from which `relative` leads there.
std::string link_root(const PageLinks& links, std::string_view relative);
// The absolute URL of a path that begins with '/'; empty where the external URL is unknown.
std::string absolute_link(const PageLinks& links, std::string_view path);

// The name as people write it.
std::string display_name(std::string_view domain);
// <span class="tag …">…</span>
std::string tag(std::string_view word);

}  // namespace mtasts::present

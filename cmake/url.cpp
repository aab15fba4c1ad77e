// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The one translation unit that holds the compiled parts of Boost.URL.
#include <boost/url/src.hpp>

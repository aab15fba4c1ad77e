// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/handler.h"

namespace mtasts::web {

HttpResponse Handler::no_answer(bool shutting_down) const {
  return shutting_down ? text_response(503, "The agent is shutting down.")
                       : text_response(504, "The request timed out.");
}

}  // namespace mtasts::web

// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Exit statuses of all commands. They are a public interface: never change them.
#pragma once

namespace mtasts::cli {

inline constexpr int kExitOk = 0;
// Of `check`, as defined for monitoring plugins.
inline constexpr int kExitWarning = 1;
inline constexpr int kExitCritical = 2;
inline constexpr int kExitUnknown = 3;
// From sysexits.h.
inline constexpr int kExitUsage = 64;
inline constexpr int kExitData = 65;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitInternal = 70;
inline constexpr int kExitCannotCreate = 73;
inline constexpr int kExitTryAgain = 75;
inline constexpr int kExitConfiguration = 78;

}  // namespace mtasts::cli

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a fuzz target is: libFuzzer's one function, which the plain driver calls too. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in force and where it comes from, for people. No secret but as its reference. */
#pragma once

#include "config/config.h"

/* (transfer full): `config`, `sections` and `notes`. A section has `kind`, `name`, `file`, `line`
 * and `keys`; a key has `key`, `value` (absent: it is not to be seen), `origin` (file, default,
 * plugin, worked out, unread), `file`, `line` and `note`. @problems: of the reading. */
JsonObject *belfry_config_describe (BelfryConfig *self, BelfryProblems *problems);
/* The same as a keyfile whose comments name the origins. (transfer full) */
char *belfry_config_description_to_text (JsonObject *description);

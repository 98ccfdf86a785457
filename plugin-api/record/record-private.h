/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two writers of records share. */
#pragma once

#include "belfry-record.h"

/* whether the field has no key at all: hidden, or only there when asked for and not set */
gboolean belfry_record_leaves_out (const BelfryRecord *self, const BelfryField *field);
/* as belfry_properties_to_json () does; @properties: (nullable) */
void belfry_properties_append_json (GString *text, const BelfryProperties *properties);

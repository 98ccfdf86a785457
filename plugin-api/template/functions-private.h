/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the functions of templates get translations. */
#pragma once

#include "belfry-template.h"

void tpl_functions_set_translate (BelfryTranslate translate);

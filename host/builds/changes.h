/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes and source stamps as they enter the store. */
#pragma once

#include "store/store.h"

/* Writer thread: stamp, change and the event `change-added`. @change has its codebase; gets
 * changeid, ssid, sourcestamp. */
gboolean belfry_changes_store (BelfryWriter *writer, BelfryChange *change, GError **error);
/* Writer thread: the change that came by another origin within the hour and says the same (C-11).
 * FALSE: sqlite failed. @known: its id, or 0. */
gboolean belfry_changes_find_by_other_road (BelfryWriter *writer,
                                            BelfryChange *change,
                                            gint64 *known,
                                            GError **error);
/* Writer thread: equal stamps are one row. (transfer full): a stamp like @stamp with its ids */
BelfrySourceStamp *
belfry_stamps_store (BelfryWriter *writer, const BelfrySourceStamp *stamp, GError **error);

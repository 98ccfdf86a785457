/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One timerfd on the real-time clock, which also wakes when somebody sets that clock: whoever asked
 * looks again at what is due then. Nothing wakes while nothing is set.
 */
#include "alarm.h"
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct _LocalAlarm {
  int fd;
  guint source_id;
  LocalAlarmFunc func;
  gpointer user_data;
};

static gboolean
on_ready (int fd, GIOCondition condition, gpointer data)
{
  LocalAlarm *self = data;
  guint64 count = 0;
  gssize got = read (fd, &count, sizeof count);

  (void)condition;
  /* how often it went off, or that the clock was set: both mean to look again */
  (void)got;
  self->func (self->user_data);
  return G_SOURCE_CONTINUE;
}

/* (nullable): the system gives no timer */
LocalAlarm *
local_alarm_new (LocalAlarmFunc func, gpointer user_data)
{
  LocalAlarm *self = NULL;
  int fd = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

  if (fd < 0)
    return NULL;
  self = g_new0 (LocalAlarm, 1);
  self->fd = fd;
  self->func = func;
  self->user_data = user_data;
  self->source_id = g_unix_fd_add (fd, G_IO_IN, on_ready, self);
  return self;
}

void
local_alarm_free (LocalAlarm *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->source_id, g_source_remove);
  close (self->fd);
  g_free (self);
}

/* @moment: µs since 1970, by the clock that belfry_clock_now_us() reads; BELFRY_NONE: off */
void
local_alarm_set (LocalAlarm *self, gint64 moment)
{
  struct itimerspec when = { 0 };
  gint64 real = 0;

  if (moment == BELFRY_NONE) {
    timerfd_settime (self->fd, 0, &when, NULL);
    return;
  }
  real = g_get_real_time () + (moment - belfry_clock_now_us ());
  when.it_value.tv_sec = (time_t)MAX (real / G_USEC_PER_SEC, 1);
  when.it_value.tv_nsec = (long)MAX (real % G_USEC_PER_SEC, 0) * 1000;
  timerfd_settime (self->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

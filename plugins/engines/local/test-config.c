/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration: what is found wrong with it, and what becomes of it. */
#include "sections.h"
#include "test-host.h"
#include <string.h>

#define STEPS "steps=command:true\n"

static const struct {
  const char *name;
  const char *configuration;
  const char *words; /* NULL: nothing is wrong */
} cases[] = {
  { "tiny",
    "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=git;command:make;command:make check\n",
    NULL },
  { "no-steps", "[engine local]\n[builder b]\nrepository=/srv/x\n", "steps" },
  { "step-typo", "[engine local]\n[builder b]\nsteps=compil\n[step compile]\ncommand=make\n",
    "did you mean 'compile'" },
  { "step-log-outside",
    "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\nlog.config=../config.log\n",
    "beneath the work folder" },
  { "step-log-name",
    "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\nlog.stdio=config.log\n",
    "is taken" },
  { "secret-in-env",
    "[engine local]\nenv.X=%(secret:x)s\n[builder b]\nsteps=s\n[step s]\ncommand=x\n"
    "stdin=%(secret:y)s\n",
    NULL },
  { "secret-in-text",
    "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\ndescription=%(secret:x)s\n",
    "no place here" },
  { "secret-in-argv-allowed",
    "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x %(secret:x)s\n"
    "allow-secret-in-argv=true\n",
    NULL },
  { "trigger-missing", "[engine local]\n[builder b]\nsteps=trigger:x\n", "no scheduler 'x'" },
  { "trigger-not-triggerable",
    "[engine local]\n[builder b]\nsteps=trigger:x\n[scheduler x]\ntype=any-branch\nbuilders=b\n",
    "not triggerable" },
  { "trigger",
    "[engine local]\n[builder b]\nsteps=trigger:x,y\n[scheduler x]\ntype=triggerable\nbuilders=b\n"
    "[scheduler y]\ntype=triggerable\nbuilders=b\n",
    NULL },
  { "trigger-contradiction",
    "[engine local]\n[builder b]\nsteps=t\n[step t]\nschedulers=x\nalways-use-latest=true\n"
    "update-source-stamp=true\n[scheduler x]\ntype=triggerable\nbuilders=b\n",
    "does not go with" },
  { "trigger-unimportant",
    "[engine local]\n[builder b]\nsteps=t\n[step t]\nschedulers=x\nunimportant-schedulers=y\n"
    "[scheduler x]\ntype=triggerable\nbuilders=b\n",
    "none of schedulers" },
  { "step-unknown-key", "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\nmax-tim=5\n",
    "max-tim" },
  { "limit-of-group", "[engine local]\nbuild-isolation=group\n[builder b]\nmemory-max=1GiB\n" STEPS,
    "needs a control group" },
  { "limit-of-group-own",
    "[engine local]\n[builder b]\nbuild-isolation=group\ncpu-quota=50%\n" STEPS,
    "needs a control group" },
  { "quota", "[engine local]\n[builder b]\ncpu-quota=1.5\n" STEPS, "no share of a processor" },
  { "isolation-unit", "[engine local]\nbuild-isolation=unit\n[builder b]\n" STEPS, "'unit'" },
  { "lock-missing", "[engine local]\n[builder b]\nlocks=data\n" STEPS "[lock date]\n",
    "did you mean 'date'" },
  { "lock-too-few",
    "[engine local]\n[builder b]\nlocks=l:counting:3\n" STEPS "[lock l]\nmax-count=2\n",
    "needs 3 units" },
  { "lock-mode", "[engine local]\n[builder b]\nlocks=l:shared\n" STEPS "[lock l]\n",
    "no use of a lock" },
  { "lock-twice",
    "[engine local]\n[builder b]\nlocks=l\nsteps=s\n[step s]\ncommand=x\nlocks=l\n[lock l]\n",
    "holds lock 'l' already" },
  { "lock-circle",
    "[engine local]\n[builder a]\nlocks=x\nsteps=sa\n[builder b]\nlocks=y\nsteps=sb\n"
    "[step sa]\ncommand=x\nlocks=y\n[step sb]\ncommand=x\nlocks=x\n[lock x]\n[lock y]\n",
    "a circle" },
  { "lock-circle-by-trigger",
    "[engine local]\n[builder a]\nlocks=x\nsteps=t\n[builder b]\nlocks=x\n" STEPS
    "[step t]\nschedulers=s\nwait-for-finish=true\n[lock x]\n"
    "[scheduler s]\ntype=triggerable\nbuilders=b\n",
    "a circle" },
  { "lock-scope", "[engine local]\n[builder b]\n" STEPS "[lock l]\nmax-count-for.local=2\n",
    "scope=worker" },
  { "locks",
    "[engine local]\n[builder b]\nlocks=l:counting:2;m;%(prop:x)s\nsteps=s\n[step "
    "s]\ncommand=x\nlocks=n\n"
    "[lock l]\nmax-count=2\n[lock m]\n[lock n]\nscope=worker\nmax-count-for.local=3\n",
    NULL },
  { "nightly",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=nightly\nbuilders=b\nhour=3\n"
    "minute=0;30\nday-of-week=mon-fri\ntime-zone=Europe/Berlin\n",
    NULL },
  { "nightly-field",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=nightly\nbuilders=b\nhour=24\n",
    "'24' is nothing for hour" },
  { "nightly-never",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=nightly\nbuilders=b\nday-of-month=30\nmonth=feb\n",
    "no such day" },
  { "nightly-cron",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=nightly\nbuilders=b\ncron=17 3 * * 1-5\n",
    NULL },
  { "nightly-cron-beside-fields",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=nightly\nbuilders=b\ncron=17 3 * * *\nhour=3\n",
    "does not go with minute" },
  { "nightly-force-at",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=nightly\nbuilders=b\nhour=3\nforce-at-hour=4\n",
    "one of the regular ones" },
  { "nightly-force-at-rest",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=nightly\nbuilders=b\nhour=3\nminute=17\nforce-at-hour=3\n"
    "force-at-day-of-week=sun\n",
    NULL },
  { "periodic-short",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=periodic\nbuilders=b\ninterval=10s\n",
    "at least 1min" },
  { "periodic-alias",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=periodic\nbuilders=b\nperiodic-build-timer=1h\n",
    NULL },
  { "key-of-other-type",
    "[engine local]\n[builder b]\n" STEPS
    "[scheduler s]\ntype=any-branch\nbuilders=b\ninterval=1h\n",
    "does not go with type=any-branch" },
  { "triggerable-filter",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=triggerable\nbuilders=b\nbranch=x\n",
    "sees no changes" },
  { "dependent-missing",
    "[engine local]\n[builder b]\n" STEPS "[scheduler first]\ntype=triggerable\nbuilders=b\n"
    "[scheduler s]\ntype=dependent\nbuilders=b\nupstream=frist\n",
    "did you mean 'first'" },
  { "dependent-itself",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=dependent\nbuilders=b\nupstream=s\n",
    "is the scheduler itself" },
  { "dependent-circle",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=dependent\nbuilders=b\nupstream=t\n"
    "[scheduler t]\ntype=dependent\nbuilders=b\nupstream=s\n",
    "a circle" },
  { "scheduler-later",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=nightly-triggerable\nbuilders=b\n",
    "not yet offered" },
  { "scheduler-force",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=force\nbuilders=b\n",
    "write [force NAME]" },
  { "scheduler-builder-typo",
    "[engine local]\n[builder anvil]\n" STEPS "[scheduler s]\ntype=any-branch\nbuilders=anvli\n",
    "did you mean 'anvil'" },
  { "scheduler-bears-builders-name",
    "[engine local]\n[builder b]\n" STEPS "[scheduler b]\ntype=any-branch\nbuilders=b\n",
    "same name" },
  { "single-branch-without-filter",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=single-branch\nbuilders=b\n",
    "needs branch" },
  { "shell-substitution", "[engine local]\n[builder b]\nsteps=shell:echo %(prop:x)s\n",
    "takes no substitutions" },
  { "secret-in-argv", "[engine local]\n[builder b]\nsteps=command:echo %(secret:x)s\n", "secret" },
  { "worker-missing", "[engine local]\n[worker w]\n[builder b]\nworkers=v\n" STEPS,
    "no worker 'v'" },
  { "worker-typo", "[engine local]\n[worker fast]\n[builder b]\nworkers=fats\n" STEPS,
    "did you mean 'fast'" },
  { "worker-missing-timeout", "[engine local]\n[worker w]\nmissing-timeout=5\n[builder b]\n" STEPS,
    "never missing" },
  { "max-builds-beside-workers", "[engine local]\nmax-builds=2\n[worker w]\n[builder b]\n" STEPS,
    "implied worker" },
  { "same-folder", "[engine local]\n[builder b b]\n" STEPS "[builder b_b]\n" STEPS,
    "works in 'b_b' too" },
  { "folder-outside", "[engine local]\n[builder b]\nbuilddir=../x\n" STEPS, "below" },
  { "workdir-outside", "[engine local]\n[builder b]\nworkdir=/tmp\n" STEPS, "below builddir" },
  { "builder-name", "[engine local]\n[builder a/b]\n" STEPS, "cannot be a builder's name" },
  { "reserved-property", "[engine local]\n[builder b]\nproperty.buildnumber=1\n" STEPS,
    "set by the build itself" },
  { "protocol", "[engine local]\n[builder b]\nrepository=ext::sh -c id\nsteps=git\n",
    "not allowed" },
  { "method-without-full",
    "[engine local]\n[builder b]\nrepository=/x\nsteps=s\n[step s]\nkind=git\nmethod=fresh\n",
    "mode=full" },
  { "shallow-without-clobber",
    "[engine local]\n[builder b]\nrepository=/x\nsteps=s\n[step s]\nkind=git\nshallow=true\n",
    "clobber" },
  { "codebases-beside-repository",
    "[engine local]\n[codebase c]\nrepository=/c\n[builder b]\nrepository=/x\ncodebases=c\n" STEPS,
    "does not go with" },
  { "codebase-missing", "[engine local]\n[builder b]\ncodebases=c\n" STEPS, "no [codebase c]" },
  { "codebase",
    "[engine local]\n[codebase c]\nrepository=/c\n[builder b]\ncodebases=c\nsteps=git:c\n", NULL },
  { "like", "[engine local]\n[builder base]\nabstract=true\n" STEPS "[builder b]\nlike=base\n",
    NULL },
  { "like-circle", "[engine local]\n[builder a]\nlike=b\n" STEPS "[builder b]\nlike=a\n" STEPS,
    "leads back" },
  { "like-missing", "[engine local]\n[builder a]\nlike=bass\n" STEPS "[builder base]\n" STEPS,
    "did you mean 'base'" },
  { "matrix",
    "[engine local]\n[builder b]\nmatrix.x=1;2\nmatrix.y=a;b\nmatrix-exclude=x=1,y=b\n" STEPS
    "[scheduler s]\ntype=any-branch\nbuilders=b;b-2-b\n",
    NULL },
  { "matrix-excluded-is-gone",
    "[engine local]\n[builder b]\nmatrix.x=1;2\nmatrix-exclude=x=1\n" STEPS
    "[scheduler s]\ntype=any-branch\nbuilders=b-1\n",
    "no builder 'b-1'" },
  { "matrix-exclude-nothing",
    "[engine local]\n[builder b]\nmatrix.x=1;2\nmatrix-exclude=x=3\n" STEPS,
    "matches no combination" },
  { "matrix-too-big",
    "[engine local]\n[builder b]\nmatrix.x=1;2;3;4;5\nmatrix.y=1;2;3;4;5\nmatrix.z=1;2;3\n" STEPS,
    "more than 64" },
  { "field-kind", "[engine local]\n[builder b]\n" STEPS "[force f]\nbuilders=b\nfield.x=strnig\n",
    "no kind of field" },
  { "field-later", "[engine local]\n[builder b]\n" STEPS "[force f]\nbuilders=b\nfield.x=file\n",
    "not yet offered" },
  { "field-group",
    "[engine local]\n[builder b]\n" STEPS
    "[force f]\nbuilders=b\nfield.g=nested;fields=x,y;columns=2\n"
    "field.x=int\nfield.y=boolean\nfield.w=worker\nfield.p=any;count=2\n",
    NULL },
  { "field-group-missing",
    "[engine local]\n[builder b]\n" STEPS "[force f]\nbuilders=b\nfield.g=nested;fields=x\n",
    "no such field" },
  { "field-group-circle",
    "[engine local]\n[builder b]\n" STEPS
    "[force f]\nbuilders=b\nfield.g=nested;fields=h\nfield.h=nested;fields=g\n",
    "cannot hold itself" },
  { "field-group-twice",
    "[engine local]\n[builder b]\n" STEPS
    "[force f]\nbuilders=b\nfield.g=nested;fields=x\nfield.h=nested;fields=x\nfield.x=int\n",
    "in a group already" },
  { "field-dangerous",
    "[engine local]\n[builder b]\n" STEPS "[force f]\nbuilders=b\nfield.LD_PRELOAD=string\n",
    "may not set" },
  { "decode", "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\ndecode=77=skiped\n",
    "no result" },
  { "window", "[engine local]\n[builder b]\nstart-window=25:00-3\n" STEPS, "no window" },
};

static void
test_case (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (FakeStore) store = fake_store_new ();
  g_autoptr (FakeHost) host = fake_host_new (store, "/nonexistent", cases[i].configuration);

  if (cases[i].words == NULL)
    g_assert_false (fake_host_has_error (host, ""));
  else
    g_assert_true (fake_host_has_error (host, cases[i].words));
}

static GPtrArray *
expand (GPtrArray *sections, BelfryProblems *problems)
{
  return local_builder_expand (sections, problems);
}

static void
test_matrix_sections (void)
{
  g_autoptr (BelfrySection) section = belfry_section_new ("builder", "lib", "f", 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GPtrArray) written = g_ptr_array_new ();
  g_autoptr (GPtrArray) made = NULL;
  const BelfrySection *last = NULL;

  belfry_section_set (section, "tags", "c", "f", 2);
  belfry_section_set (section, "matrix.cc", "gcc;clang", "f", 3);
  belfry_section_set (section, "env.CC", "%(kw:cc)s", "f", 4);
  belfry_section_set (section, "description", "with %(kw:cc)s", "f", 5);
  g_ptr_array_add (written, section);
  made = expand (written, problems);
  g_assert_cmpuint (made->len, ==, 2);
  last = g_ptr_array_index (made, 1);
  g_assert_cmpstr (last->name, ==, "lib-clang");
  g_assert_cmpstr (belfry_section_find (last, "tags")->value, ==, "c;clang");
  g_assert_cmpstr (belfry_section_find (last, "description")->value, ==, "with clang");
  g_assert_cmpstr (belfry_section_find (last, "env.CC")->value, ==, "%(kw:cc)s");
  g_assert_cmpstr (belfry_section_find (last, "matrix.cc")->value, ==, "clang");
}

static void
test_like_merges_maps (void)
{
  g_autoptr (BelfrySection) base = belfry_section_new ("builder", "base", "f", 1);
  g_autoptr (BelfrySection) own = belfry_section_new ("builder", "own", "f", 5);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GPtrArray) written = g_ptr_array_new ();
  g_autoptr (GPtrArray) made = NULL;
  const BelfrySection *result = NULL;

  belfry_section_set (base, "abstract", "true", "f", 2);
  belfry_section_set (base, "env.A", "base", "f", 3);
  belfry_section_set (base, "env.B", "base", "f", 4);
  belfry_section_set (own, "like", "base", "f", 6);
  belfry_section_set (own, "env.B", "own", "f", 7);
  g_ptr_array_add (written, base);
  g_ptr_array_add (written, own);
  made = expand (written, problems);
  g_assert_cmpuint (made->len, ==, 1);
  result = g_ptr_array_index (made, 0);
  g_assert_cmpstr (belfry_section_find (result, "env.A")->value, ==, "base");
  g_assert_cmpstr (belfry_section_find (result, "env.B")->value, ==, "own");
  g_assert_null (belfry_section_find (result, "abstract"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/engine-local/config/%s", cases[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
  }
  g_test_add_func ("/engine-local/expand/matrix", test_matrix_sections);
  g_test_add_func ("/engine-local/expand/like-merges-maps", test_like_merges_maps);
  return g_test_run ();
}

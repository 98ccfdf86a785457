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
  { "step-kind-later", "[engine local]\n[builder b]\nsteps=trigger:x\n", "not yet offered" },
  { "step-key-later", "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\nlocks=l\n",
    "not yet offered" },
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
  { "step-unknown-key", "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=x\nmax-tim=5\n",
    "max-tim" },
  { "builder-key-later", "[engine local]\n[builder b]\nmemory-max=1GiB\n" STEPS,
    "not yet offered" },
  { "lock-section-later", "[engine local]\n[builder b]\n" STEPS "[lock l]\n", "not yet offered" },
  { "scheduler-later",
    "[engine local]\n[builder b]\n" STEPS "[scheduler s]\ntype=nightly\nbuilders=b\n",
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

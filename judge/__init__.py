"""The judge: sandbox, pool, runner, languages, validators and the verdict."""

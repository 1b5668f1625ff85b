"""Ways to compute a case: frameworks, exporters and runtimes, one file each; ``docs/add-a-route.md`` shows how to add one."""

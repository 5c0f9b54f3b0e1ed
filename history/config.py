"""The embedded engine's own configuration: what it may use, and what its one user is granted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DATABASES", "Layout", "write_config"]

DATABASES = ("podium", "podium_public")
"""The raw database, and the one for analysts."""

_CONFIG = """<clickhouse>
  <timezone>UTC</timezone>
  <!-- a laptop runs a contest beside this: the engine's defaults are 90 % of the memory, 5 GB of mark cache, and 100 MB of
       each of what is kept of conditions and of compiled expressions, of which a contest's boards make one -->
  <max_server_memory_usage>2000000000</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_mark_cache_size>8388608</index_mark_cache_size>
  <query_condition_cache_size>8388608</query_condition_cache_size>
  <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
  <query_cache><max_size_in_bytes>0</max_size_in_bytes></query_cache>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <merge_tree>
    <!-- thresholds that assume the default background pool of 16 threads -->
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
  <tmp_path>{scratch}/</tmp_path>
  <user_files_path>{scratch}/</user_files_path>
  <users_config>{users}</users_config>
</clickhouse>
"""

_USERS = """<clickhouse>
  <profiles><default>
    <!-- one insert is one part, in order, and its failure is its sender's to know -->
    <async_insert>0</async_insert>
    <!-- a name that does not answer must not hold a connection for minutes -->
    <http_max_tries>1</http_max_tries>
    <date_time_input_format>best_effort</date_time_input_format>
    <!-- looking for chains of comparisons takes a quarter of the time of a board, and shortens none of our conditions -->
    <optimize_and_compare_chain>0</optimize_and_compare_chain>
  </default></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password/>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <grants>
{grants}
    </grants>
  </default></users>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the history keeps its things, below one folder."""

    root: Path

    @property
    def data(self) -> Path:
        """The engine's tables."""
        return self.root / "data"

    @property
    def scratch(self) -> Path:
        """Temporary files of big queries."""
        return self.root / "tmp"

    @property
    def config(self) -> Path:
        """The engine's configuration file."""
        return self.root / "config.xml"


def write_config(layout: Layout) -> None:
    """Make the folders and write config.xml and users.xml. Idempotent."""
    for folder in (layout.data, layout.scratch):
        folder.mkdir(parents=True, exist_ok=True)
    users = layout.root / "users.xml"
    rights = "SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE, SHOW, dictGet"
    grants = [f"GRANT {rights} ON {database}.*" for database in DATABASES]
    grants += [
        f"GRANT {right} ON *.*"
        for right in ("SHOW", "CREATE TEMPORARY TABLE", "KILL QUERY", "TABLE ENGINE", "CREATE DATABASE")
    ]
    grants += ["GRANT SELECT ON system.*", "GRANT SELECT ON information_schema.*"]
    # no SYSTEM right: STOP MERGES would let deletions wait for ever
    lines = "\n".join(f"      <query>{grant}</query>" for grant in grants)
    users.write_text(_USERS.format(grants=lines))
    layout.config.write_text(_CONFIG.format(scratch=layout.scratch.resolve(), users=users.resolve()))

{#-
    Grain: one row per raw table. What became of its rows: `raw = accepted + duplicate
    + quarantined + erased`. The raw and the erased rows are counted in the raw files,
    the others in staging, so that a row lost on the way shows.
-#}
with

raw_counts as (
    {% for table in raw_tables() -%}
    select
        '{{ table.name }}' as table_name,
        count(*) as n_raw,
        count(case when not ({{ not_erased(table.name) }}) then 1 end) as n_erased
    from (
        {{ typed_identifiers(table.name) }}
    ) as typed
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

staged_counts as (
    {% for table in raw_tables() -%}
    select
        '{{ table.name }}' as table_name,
        count(case when base.row_status = 'accepted' then 1 end) as n_accepted,
        count(case when base.row_status = 'duplicate' then 1 end) as n_duplicate,
        count(case when base.row_status = 'quarantined' then 1 end) as n_quarantined
    from {{ ref('base_' ~ table.domain ~ '__' ~ table.name) }} as base
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        raw_counts.table_name,
        raw_counts.n_raw,
        staged_counts.n_accepted,
        staged_counts.n_duplicate,
        staged_counts.n_quarantined,
        raw_counts.n_erased
    from raw_counts
    inner join staged_counts on raw_counts.table_name = staged_counts.table_name
)

select * from final

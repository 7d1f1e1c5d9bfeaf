{#- Grain: one row per raw row in quarantine, with why, and as it came. -#}
with

rejected as (
    {% for table in raw_tables() -%}
    select
        '{{ table.name }}' as table_name,
        base.source_file,
        base.rejection_reason,
        base.raw_row
    from {{ ref('base_' ~ table.domain ~ '__' ~ table.name) }} as base
    where base.row_status = 'quarantined'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        rejected.table_name,
        rejected.rejection_reason,
        reasons.meaning as reason_meaning,
        rejected.source_file,
        rejected.raw_row
    from rejected
    left join {{ ref('rejection_reasons') }} as reasons
        on
            rejected.rejection_reason = reasons.reason
            or (
                reasons.reason in ('missing', 'unreadable', 'negative')
                and starts_with(rejected.rejection_reason, reasons.reason || '_')
            )
)

select * from final

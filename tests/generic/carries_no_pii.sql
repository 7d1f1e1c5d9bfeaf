{#-
    No column of the mart is one that the raw contract marks as personal, by name or
    by mark, and no text in it looks like an e-mail address.
-#}
{% test carries_no_pii(model) %}
{%- set queries = [] -%}
{%- if execute -%}
    {%- set personal = [] -%}
    {%- for source in graph.sources.values() -%}
        {%- for column in source.columns.values() if column.config.meta.get('pii') -%}
            {%- do personal.append(column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set node = graph.nodes['model.journey_clv.' ~ model.identifier] -%}
    {%- for column in node.columns.values() -%}
        {%- if column.name in personal or column.config.meta.get('pii') -%}
            {%- do queries.append(
                "select '" ~ column.name ~ "' as column_name, 'is personal' as why"
            ) -%}
        {%- elif column.data_type == 'varchar' -%}
            {%- do queries.append(
                "select '" ~ column.name ~ "' as column_name, "
                ~ "'holds an e-mail address' as why from " ~ model ~ " where "
                ~ matches(column.name, email_pattern()) ~ " having count(*) > 0"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{{ queries | join('\nunion all\n')
    or "select 'none' as column_name, 'none' as why where 1 = 0" }}
{% endtest %}

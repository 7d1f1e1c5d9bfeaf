{#-
    Stops the run before its first model when the raw data breaks the contract, with
    every reason at once, a sentence each.
-#}
{% macro check_raw() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set errors = [] -%}
        {%- for table in raw_tables() -%}
            {%- for error in inspect_raw(table.name).errors -%}
                {%- if error not in errors -%}
                    {%- do errors.append(error) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if errors -%}
            {%- do exceptions.raise_compiler_error(errors | join('\n  ')) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

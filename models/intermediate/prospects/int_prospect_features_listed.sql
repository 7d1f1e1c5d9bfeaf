{#-
    Grain: one row per prospect and feature, as of the build, where it is known: its
    value, as it is learned from and in plain units, and its name in words.
-#}
{{ config(materialized='view') }}

{{ features_listed('int_prospect_features', prospect_features()) }}

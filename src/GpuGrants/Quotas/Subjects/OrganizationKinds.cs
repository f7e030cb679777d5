namespace GpuGrants.Quotas.Subjects;

/// <summary>
/// The kinds of organization. Everything else derives from this list: validators, messages, and by a test the schema's constraint and
/// the published JSON Schema.
/// </summary>
public static class OrganizationKinds
{
    /// <summary>All kinds, in the order in which people read them.</summary>
    public static IReadOnlyList<string> All { get; } =
    ["startup", "individual", "student", School, "university", "nonprofit", "enterprise"];

    /// <summary>The kind whose owners may confirm for minors who are members.</summary>
    public const string School = "school";
}

namespace GpuGrants.Independence;

/// <summary>What people may belong to.</summary>
public enum PartyKind
{
    /// <summary>Somebody themselves.</summary>
    Person,

    /// <summary>Its owners and members.</summary>
    Organization,

    /// <summary>Its operators.</summary>
    Provider,

    /// <summary>Its people.</summary>
    Partner,

    /// <summary>Its administrators and reviewers.</summary>
    Programme,
}

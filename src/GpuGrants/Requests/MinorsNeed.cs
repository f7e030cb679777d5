namespace GpuGrants.Requests;

/// <summary>What a programme needs of minors who ask. Each includes those before it.</summary>
public enum MinorsNeed
{
    /// <summary>Nothing: it does not ask how old people are.</summary>
    Nothing,

    /// <summary>That a guardian or a school confirmed.</summary>
    Confirmation,
}

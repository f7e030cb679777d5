namespace GpuGrants.Requests;

/// <summary>How much of an organization was proved. Each level includes those before it.</summary>
public enum VerificationLevel
{
    /// <summary>A partner vouches for an owner. Only programmes that trust the partner take its word.</summary>
    Vouched,

    /// <summary>An owner proved an e-mail address, or an administrator of the platform vouched for one.</summary>
    Email,

    /// <summary>The organization was shown to have an e-mail domain.</summary>
    Domain,

    /// <summary>Documents or a register showed who the organization is.</summary>
    Identity,
}

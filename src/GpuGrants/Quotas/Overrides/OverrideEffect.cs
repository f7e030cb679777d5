namespace GpuGrants.Quotas.Overrides;

/// <summary>How an override changes a limit. Of several in force, a replacement is taken first, then a factor, then a sum.</summary>
public enum OverrideEffect
{
    /// <summary>Adds an amount, or takes one away when it is negative.</summary>
    Add,

    /// <summary>In thousandths: 1,500 means one and a half times the limit.</summary>
    Multiply,

    /// <summary>Puts an amount in the limit's place.</summary>
    Replace,
}

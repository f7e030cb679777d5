namespace GpuGrants.Api.Http.Bodies;

/// <summary>What values a rule lets in, in the words of JSON Schema: what the contract says of a member that callers send.</summary>
public sealed record Bounds
{
    /// <summary>The member has to be there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Characters of a text.</summary>
    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>A regular expression of ECMA-262.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only texts that pass; any when empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    public decimal? Min { get; init; }

    /// <summary>The number is more than <see cref="Min"/>.</summary>
    public bool IsMinExcluded { get; init; }

    public decimal? Max { get; init; }

    /// <summary>The number is a multiple of it.</summary>
    public decimal? Step { get; init; }

    /// <summary>Items of a list.</summary>
    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public bool IsUnique { get; init; }

    /// <summary>What each item is.</summary>
    public Bounds? Items { get; init; }
}

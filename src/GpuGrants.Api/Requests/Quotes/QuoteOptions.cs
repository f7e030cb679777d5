using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>How much quotes may pin. Configuration section <c>Quotes</c>.</summary>
public sealed class QuoteOptions
{
    /// <summary>The largest value of <see cref="MaxMinutes"/>: two weeks.</summary>
    public const int MostMinutes = 20_160;

    /// <summary>The longest time that a quote pins what it says, in minutes.</summary>
    [Range(1, MostMinutes)]
    public int MaxMinutes { get; set; } = 1_440;

    /// <summary>Quotes that one person may have open at a time, in all programmes together.</summary>
    [Range(1, 1_000)]
    public int OpenPerPerson { get; set; } = 3;
}

using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Codes;

/// <summary>How often codes may be guessed. Configuration section <c>Codes</c>.</summary>
public sealed class CodeOptions
{
    /// <summary>Wrong codes that may come from one remote address in an hour, over all replicas; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int WrongPerAddress { get; set; } = 100;

    /// <summary>Wrong codes that one person may send in an hour, over all replicas; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int WrongPerPerson { get; set; } = 20;
}

namespace GpuGrants.People;

/// <summary>What a person has stated of their age, and whether somebody confirmed what minors may not decide alone.</summary>
/// <param name="BirthYear">The year of birth; null when it was not stated.</param>
/// <param name="SaysOfAge">Whether the person stated to be of age.</param>
/// <param name="IsConfirmed">Whether a guardian's or a school's confirmation was given and not ended.</param>
/// <param name="ConfirmedUntil">When the confirmation counts no more, not included: the school is verified until then. Null for no
/// such end.</param>
public readonly record struct StatedAge(int? BirthYear, bool SaysOfAge, bool IsConfirmed, DateTimeOffset? ConfirmedUntil = null)
{
    /// <summary>Years after which a person is of age.</summary>
    public const int Majority = 18;

    /// <summary>Somebody whom an administrator added, and so vouched for.</summary>
    public static StatedAge Vouched { get; } = new(null, true, false);

    /// <summary>
    /// What a person is at a moment, in UTC. A year tells no birthday, so a person counts as a minor through the year in which they come of
    /// age.
    /// </summary>
    /// <returns>From then on of age, whatever was confirmed before.</returns>
    public AgeStanding At(DateTimeOffset at)
    {
        if (SaysOfAge || at.UtcDateTime.Year - BirthYear > Majority)
            return AgeStanding.OfAge;
        if (BirthYear is null)
            return AgeStanding.NotStated;
        return IsConfirmed && !(ConfirmedUntil <= at) ? AgeStanding.Confirmed : AgeStanding.Minor;
    }
}

/// <summary>How a person stands with programmes that need a confirmation for minors.</summary>
public enum AgeStanding
{
    /// <summary>No confirmation is needed.</summary>
    OfAge,

    /// <summary>A minor, for whom a guardian or a school confirmed.</summary>
    Confirmed,

    /// <summary>Nobody knows.</summary>
    NotStated,

    /// <summary>A minor without a confirmation.</summary>
    Minor,
}

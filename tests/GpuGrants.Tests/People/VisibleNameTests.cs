using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class VisibleNameTests
{
    [Theory]
    [InlineData("Hangang Robotics")]
    [InlineData("한강 로보틱스")]
    [InlineData("Crêperie d'Été & Söhne")]
    [InlineData("مختبر")]
    [InlineData("🦊 lab")]
    public void What_people_see_is_a_name(string name) => Assert.True(VisibleName.IsName(name, 200));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\u202eb")]
    [InlineData("a\u200bb")]
    [InlineData("a\u2066b")]
    [InlineData("a\ufeffb")]
    [InlineData("a\nb")]
    [InlineData("a\tb")]
    [InlineData("a\u0000b")]
    [InlineData("a\u2028b")]
    [InlineData("\u3164")]
    [InlineData("a\ue000b")]
    public void What_nobody_sees_has_no_place_in_a_name(string name) => Assert.False(VisibleName.IsName(name, 200));

    [Fact]
    public void A_name_is_as_long_as_people_count_it()
    {
        // A letter with two marks is one character to people, and three code units to programs.
        var letter = "e\u0323\u0301";
        Assert.True(VisibleName.IsName(string.Concat(Enumerable.Repeat(letter, 20)), 20));
        Assert.False(VisibleName.IsName(string.Concat(Enumerable.Repeat(letter, 21)), 20));
        Assert.False(VisibleName.IsName("e" + new string('\u0301', 1_000), 20));
    }

    /// <summary>Not as data of a theory: the runner would replace it.</summary>
    [Fact]
    public void Half_a_character_has_no_place_in_a_name() => Assert.False(VisibleName.IsName("a\ud800b", 200));
}
